// Official client libraries from npm, told Firebreak's address and nothing else.
import { readFileSync } from "node:fs";
import { request as forward } from "node:http";
import { createServer } from "node:https";
import type { Server } from "node:https";
import path from "node:path";
import { newSourceView } from "@firebreak/protocol";
import { CloudEvent, emitterFor, httpTransport, Mode } from "cloudevents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation } from "../harness/firebreak.ts";
import { portOf, Programs, run } from "./programs.ts";

const installation = new Installation();
const programs = new Programs();
let door: Server;

/** PagerDuty's client speaks TLS only: a door that does, before Firebreak. */
async function openTlsDoor(): Promise<Server> {
  const [key, certificate] = [path.join(programs.directory, "key.pem"), path.join(programs.directory, "cert.pem")];
  const made = await run("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost".split(" "),
    ..."-addext subjectAltName=DNS:localhost".split(" "),
    "-keyout",
    key,
    "-out",
    certificate,
  ]);
  if (made.code !== 0) throw new Error(made.error);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const target = new URL(request.url ?? "/", installation.url);
    const onward = forward(target, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const serverPid = () =>
  z.object({ pid: z.number() }).parse(JSON.parse(readFileSync(path.join(installation.home, "server.json"), "utf8")))
    .pid;

beforeAll(async () => {
  await installation.startServer();
  door = await openTlsDoor();
});
afterAll(async () => {
  door.closeAllConnections();
  await new Promise((resolve) => door.close(resolve));
  await programs.close();
  await installation.close();
});

async function addSource(name: string, kind: string): Promise<string> {
  const { value } = await installation.json(newSourceView, "source", "add", name, "--kind", kind);
  return value.key;
}

const page = z.object({ items: z.array(z.looseObject({ source: z.string(), key: z.string() })) });

async function alertsOf(source: string) {
  const { items } = await installation.call(page, "GET", "/alerts?limit=100");
  return items.filter((item) => item.source === source);
}

describe("D-8: PagerDuty's client", () => {
  const send = async (request: unknown) => {
    const script = path.join(import.meta.dirname, "pagerduty-client.mjs");
    const ran = await run(process.execPath, [script, `localhost:${portOf(door)}`, JSON.stringify(request)], {
      NODE_EXTRA_CA_CERTS: path.join(programs.directory, "cert.pem"),
    });
    expect(ran).toMatchObject({ code: 0, error: "" });
    return z.looseObject({ dedup_key: z.string().optional() }).parse(JSON.parse(ran.out));
  };
  const payload = { summary: "Disk full", source: "web-1", severity: "critical", custom_details: { free: 0 } };

  test("triggers, acknowledges and resolves, and tells of a change", async () => {
    const routing_key = await addSource("pdjs", "pagerduty");
    const made = await send({ data: { routing_key, event_action: "trigger", payload } });
    expect(made).toEqual({ status: "success", message: "Event processed", dedup_key: expect.any(String) });
    const { dedup_key } = made;
    await send({ data: { routing_key, event_action: "acknowledge", dedup_key } });
    expect(await alertsOf("pdjs")).toMatchObject([
      { key: dedup_key, status: "open", acknowledgedAt: expect.any(String), severity: 1, detail: { free: 0 } },
    ]);
    await send({ data: { routing_key, event_action: "resolve", dedup_key } });
    expect(await alertsOf("pdjs")).toMatchObject([{ status: "resolved", resolution: "sender" }]);
    const change = { summary: "Deployed 4.2", source: "ci", timestamp: "2026-03-01T11:58:00Z" };
    expect(await send({ type: "change", data: { routing_key, payload: change } })).toMatchObject({ status: "success" });
    const changes = await installation.call(z.object({ items: z.array(z.unknown()) }), "GET", "/changes");
    expect(changes.items).toMatchObject([{ summary: "Deployed 4.2", origin: "ci", source: "pdjs" }]);
  });

  test("is told what is wrong with a key that nobody has, and the message is on the list", async () => {
    const routing_key = "R0123456789ABCDEFGHIJKLMNOPQRSTU";
    expect(await send({ data: { routing_key, event_action: "trigger", payload } })).toMatchObject({
      status: "invalid event",
      errors: ["Invalid routing key", expect.any(String)],
    });
    const list = await installation.json(z.object({ items: z.array(z.unknown()) }), "source", "refusals");
    expect(list.value.items).toMatchObject([{ source: null, summary: "Disk full" }]);
  });
});

describe("D-8: the CloudEvents SDK", () => {
  test.each([
    ["binary", Mode.BINARY],
    ["structured", Mode.STRUCTURED],
  ])("emits in %s mode", async (name, mode) => {
    const key = await addSource(`ce-${name}`, "cloudevents");
    const emit = emitterFor(httpTransport(`${installation.url}/hooks/ce-${name}`), { mode });
    const say = (type: string) => {
      const data = { title: "Disk füll", key: "disk-1", severity: "warning" };
      return emit(new CloudEvent({ type, source: "/disks", data }), { headers: { authorization: `Bearer ${key}` } });
    };
    await say("org.example.disk.full");
    expect(await alertsOf(`ce-${name}`)).toMatchObject([
      { key: "disk-1", title: "Disk füll", severity: 3, status: "open" },
    ]);
    await say("org.example.disk.resolved");
    expect(await alertsOf(`ce-${name}`)).toMatchObject([{ status: "resolved" }]);
  });
});

describe("D-8: the command line of senders", () => {
  const firebreak = async (...words: string[]) => {
    const child = installation.start(words);
    return { ...(await child.ended), output: child.output() };
  };

  test("a template is tried out before its first message", async () => {
    const template = programs.write(
      "ci.yaml",
      ['title: "Build of {/repository/name} failed"', 'key: "{/repository/name}"', 'severity: "{/level}"', ""].join(
        "\n",
      ),
    );
    const made = await firebreak(
      "source",
      "add",
      "ci",
      "--kind",
      "webhook",
      "--template",
      template,
      "--severity",
      "Bad=2",
    );
    expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/\nfbs[0-9a-z]{29}\n\ncurl /) });
    const good = programs.write("good.json", JSON.stringify({ repository: { name: "scout" }, level: "bad" }));
    expect(await firebreak("source", "test", "ci", good)).toMatchObject({
      code: 0,
      output: "trigger  severity 2  scout  Build of scout failed\n",
    });
    const bad = programs.write("bad.json", "{}");
    expect(await firebreak("source", "test", "ci", bad)).toMatchObject({
      code: 1,
      output: expect.stringContaining("refused: the key is empty"),
    });
  });

  test("what is not right is said before anything is made", async () => {
    const add = (...words: string[]) => firebreak("source", "add", "wrong", ...words);
    expect(await add("--kind", "nagios")).toMatchObject({
      code: 2,
      output: expect.stringContaining("--kind is one of"),
    });
    expect(await add("--kind", "webhook", "--stale-after", "soon")).toMatchObject({ code: 2 });
    expect(await add("--kind", "pagerduty", "--signature", "github", "--secret", "X")).toMatchObject({
      code: 1,
      output: expect.stringContaining("senders of this kind do not sign"),
    });
    expect(await firebreak("source", "show", "wrong")).toMatchObject({ code: 5 });
  });

  test("show, rotate and remove", async () => {
    expect(await firebreak("source", "show", "ci")).toMatchObject({
      code: 0,
      output: expect.stringContaining("Last heard: never"),
    });
    expect(await firebreak("source", "list")).toMatchObject({ code: 0, output: expect.stringContaining("webhook") });
    expect(await firebreak("source", "rotate", "ci", "--overlap", "0")).toMatchObject({
      code: 0,
      output: expect.stringMatching(/\nfbs[0-9a-z]{29}\n/),
    });
    expect(await firebreak("source", "changes")).toMatchObject({
      code: 0,
      output: expect.stringContaining("Deployed 4.2"),
    });
    expect(await firebreak("source", "remove", "ci")).toMatchObject({ code: 0 });
    expect(await firebreak("source", "remove", "ci")).toMatchObject({ code: 5 });
  });

  test("the overview tells of messages that came with a wrong key", async () => {
    const steps = z.object({ nextSteps: z.array(z.object({ text: z.string() })) });
    const { nextSteps } = await installation.call(steps, "GET", "/overview");
    expect(nextSteps.map(({ text }) => text)).toContainEqual(expect.stringContaining("came with a wrong key"));
  });
});

test("D-8: whatever was answered 202 is there after kill -9", async () => {
  const routing_key = await addSource("crash", "pagerduty");
  const server = serverPid();
  const answered: string[] = [];
  const payload = { summary: "s", source: "x", severity: "info" };
  const send = async (index: number) => {
    const event = { routing_key, event_action: "trigger", dedup_key: `k-${index}`, payload };
    const response = await fetch(`${installation.url}/v2/enqueue`, { method: "POST", body: JSON.stringify(event) });
    if (response.status === 202) answered.push(event.dedup_key);
    if (answered.length === 20) process.kill(server, "SIGKILL");
    await response.body?.cancel();
  };
  await Promise.allSettled(Array.from({ length: 60 }, (_, index) => send(index)));
  expect(answered.length).toBeGreaterThanOrEqual(20);
  await installation.startServer();
  const kept = (await alertsOf("crash")).map(({ key }) => key);
  expect(answered.filter((key) => !kept.includes(key))).toEqual([]);
  expect(new Set(kept).size).toBe(kept.length);
});
