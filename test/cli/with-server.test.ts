import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import os from "node:os";
import { z } from "zod";
import { createHome, endLeftovers, REPOSITORY, start, until, up } from "./firebreak.ts";
import type { Ended, Home, Up } from "./firebreak.ts";

let home: Home;
let running: Up;

beforeAll(async () => {
  home = createHome();
  running = await up(home);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

/** The members of answers that the tests look into. */
const answer = z.looseObject({
  id: z.string().optional(),
  markdown: z.string().optional(),
  items: z.array(z.looseObject({ id: z.string(), name: z.string().optional() })).default([]),
  timeline: z.array(z.looseObject({ text: z.string(), actor: z.unknown() })).default([]),
  findings: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** The command succeeds with --json, and says nothing else. */
async function json(
  words: readonly string[],
  options: Parameters<Home["firebreak"]>[1] = {},
): Promise<z.infer<typeof answer>> {
  const ended = await home.firebreak([...words, "--json"], options);
  expect(ended).toMatchObject({ code: 0, error: "" });
  return answer.parse(JSON.parse(ended.out));
}

function expectFault(ended: Ended, code: number, message: RegExp): void {
  expect(ended.out).toBe("");
  expect(ended.code).toBe(code);
  expect(ended.error).toMatch(/^firebreak: .+\n.+\n$/s);
  expect(ended.error).toMatch(message);
  expect(ended.error).not.toMatch(/\n {4}at /);
}

const event = (command: string) => JSON.stringify({ agent: { id: "scout" }, kind: "command", data: { command } });

describe("O-3: the command line with a server", () => {
  test("up says as JSON where it is", () => {
    expect(running).toMatchObject({ home: home.dir, pid: running.server.child.pid });
    expect(running.signIn).toMatch(new RegExp(`^${running.url}/sign-in#link=[\\w-]{43}$`));
  });

  test("events: good lines are kept, bad ones named; they are listed safely", async () => {
    const lines = [
      event("ls -l"),
      "{broken",
      '{"agent":{"id":"scout"}}',
      "",
      event("rm \u001b]0;owned\u0007\u202e -rf x"),
    ];
    const sent = await home.firebreak(["events", "send", "-"], { input: lines.join("\n") });
    expect(sent.code).toBe(1);
    expect(sent.out).toMatch(/^2 stored, 0 known already, 2 refused\.\n {2}line 2: .+\n {2}line 3: .*kind.*\n$/);
    const allBad = await home.firebreak(["events", "send", "-", "--json"], { input: "{broken\n" });
    expect(JSON.parse(allBad.out)).toMatchObject({ accepted: 0, rejectedTotal: 1, rejected: [{ line: 1 }] });
    expect(allBad.code).toBe(1);
    expect(await json(["events", "send", "-"], { input: `[${event("a")},\n${event("b")}]` })).toMatchObject({
      accepted: 2,
    });
    const list = await home.firebreak(["events", "list", "--agent", "scout"]);
    expect(list.out.trimEnd().split("\n")).toHaveLength(5);
    expect(list.out).toContain("rm \ufffd -rf x");
    for (const mark of ["\u001b", "\u202e"]) expect(list.out).not.toContain(mark);
    expectFault(
      await home.firebreak(["events", "send", "/nowhere.jsonl"]),
      1,
      /nowhere\.jsonl cannot be read.*Name a file/s,
    );
    expectFault(await home.firebreak(["events", "list", "--kind", "nonsense"]), 1, /kind/);
  });

  test("E-5: events follow begins with the latest, shows what arrives once, and Ctrl-C ends it", async () => {
    const send = (command: string) =>
      home.firebreak(["events", "send", "-"], { input: event(command).replace("scout", "later") });
    for (const command of ["older", "latest"]) await send(command);
    const follow = home.start(["events", "follow", "--agent", "later", "--latest", "1"]);
    await until("the latest event is shown", () => follow.out().includes("latest") || undefined);
    await send("next");
    await until("the next event is shown", () => follow.out().includes("next") || undefined);
    follow.child.kill("SIGINT");
    expect((await follow.ended).signal).toBe("SIGINT");
    expect(follow.out()).toMatch(/^\S+ \S+ {2}\d+ {2}later {2}command {2}unknown {2}latest\n[^\n]+ {2}next\n$/);
  });

  test("E-5: events are listed by words, by a saved view, and shown with what leads on from them", async () => {
    const { items } = await json(["events", "list", "--text", "ls", "--agent", "scout"]);
    expect(items).toMatchObject([{ data: { command: "ls -l" } }]);
    await json(["views", "save", "listings", "--text", "ls"]);
    expect((await json(["events", "list", "--view", "listings"])).items).toEqual(items);
    expect((await json(["events", "list", "--view", "listings", "--agent", "nobody"])).items).toEqual([]);
    expectFault(await home.firebreak(["events", "list", "--view", "none"]), 5, /no saved view none.*views list/s);
    const id = items[0]?.id ?? "";
    const shown = await home.firebreak(["events", "show", id]);
    const [, number] = /audit prove --event (\d+)/.exec(shown.out) ?? [];
    expect(await home.firebreak(["events", "show", number ?? ""])).toEqual(shown);
    expectFault(await home.firebreak(["events", "show", "evt_none"]), 5, /There is no event evt_none/);
  });

  test("E-7: the timeline and the impact of an incident are shown, marked and written as documents", async () => {
    const data = { url: "https://drop.example/in", method: "PUT", bytes_sent: 4096 };
    const sent = { agent: { id: "courier" }, kind: "network", outcome: "success", risk: "high", data };
    const fed = await home.firebreak(["events", "send", "-"], { input: JSON.stringify(sent) });
    expect(fed).toMatchObject({ code: 0, error: "" });
    const id = await openIncident("courier");
    const shown = await home.firebreak(["incident", "timeline", id]);
    expect(shown.out).toMatch(/telemetry +courier +Network: PUT https:\/\/drop\.example\/in/);
    const entries = await home.firebreak(["incident", "timeline", id, "--source", "telemetry", "--json"]);
    const [ref] = /event:\d+/.exec(entries.out) ?? [""];
    expect((await home.firebreak(["incident", "mark", id, ref])).out).toBe(`pin: ${ref}\n`);
    const impact = await home.firebreak(["incident", "impact", id, "--refresh"]);
    expect(impact.out).toContain("observed  courier sent data to drop.example: 4096 bytes (1 event)");
    for (const [what, name] of [
      ["timeline", "t.pdf"],
      ["impact", "i.md"],
    ] as const) {
      const file = path.join(home.dir, name);
      const written = await home.firebreak(["incident", what, id, "--export", file]);
      expect(written.out).toContain(createHash("sha256").update(readFileSync(file)).digest("hex"));
    }
    const again = ["incident", "timeline", id, "--export", path.join(home.dir, "t.pdf")];
    expectFault(await home.firebreak(again), 1, /cannot be written/);
    expect(readFileSync(path.join(home.dir, "t.pdf")).subarray(0, 5).toString()).toBe("%PDF-");
  });

  test("an incident from opening to review", async () => {
    const id = await openIncident();
    const list = await home.firebreak(["incident", "list"]);
    expect(list.out).toMatch(new RegExp(`ID +SEVERITY.*\n${id} .*It burns`));
    expect((await json(["incident", "show", id])).id).toBe(id);
    expect((await home.firebreak(["incident", "ack", id])).out).toMatch(new RegExp(`^${id} is \\w+\\.\n$`));
    const noted = await json(["incident", "note", id, "--text", "called the owner"]);
    const note = noted.timeline.find((entry) => entry.text.includes("called the owner"));
    expect(note?.actor).toMatchObject({ kind: "cli", id: "local", name: os.userInfo().username });
    expectFault(await home.firebreak(["incident", "resolve", id]), 2, /--summary TEXT is missing/);
    expect(await json(["incident", "resolve", id, "--summary", "It burns no more"])).toMatchObject({
      state: "resolved",
    });
    expect((await home.firebreak(["incident", "list"])).out).not.toContain(id);
    expect((await json(["incident", "list", "--all"])).items.map((one) => one.id)).toContain(id);
    const review = await home.firebreak(["review", id, "--out", path.join(home.dir, "review.md")]);
    expect(review.out).toMatch(/^Written to /);
    expect(readFileSync(path.join(home.dir, "review.md"), "utf8")).toContain(id);
    expect((await json(["review", id])).markdown).toContain(id);
    expect((await home.firebreak(["review", id])).out).toContain("It burns");
    for (const words of [["show"], ["ack"], ["note", "--text", "x"]]) {
      expectFault(await home.firebreak(["incident", ...words, "INC-2020-9999"]), 5, /INC-2020-9999/);
    }
  });

  test("status, evidence, doctor and db status answer in both forms", async () => {
    expect(await json(["status"])).toMatchObject({ serverReachable: true, holds: [] });
    expect((await home.firebreak(["status"])).out).toContain("Nothing is stopped.");
    expect(await json(["evidence", "list"])).toMatchObject({ items: [], next: null });
    const missing = await home.firebreak(["evidence", "verify", `evd_${"0".repeat(26)}`]);
    expectFault(missing, 5, /There is no|not found/i);
    const doctor = await json(["doctor"]);
    expect(doctor.findings.map((one) => one.name)).toEqual(expect.arrayContaining(["node", "server", "rules"]));
    expect((await home.firebreak(["doctor"])).out).toContain(`answers at ${running.url}`);
    expect(await json(["db", "status"])).toMatchObject({ jobs: { failed: 0 } });
    expect((await home.firebreak(["db", "status"])).out).toMatch(/Schema \d+ of \d+/);
  });

  test("token: made, used within its role, listed, revoked", async () => {
    const made = await home.firebreak(["token", "create", "grafana", "--days", "9"]);
    const variables = { FIREBREAK_TOKEN: made.out.trim() };
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^fbk_\S+\n$/),
      error: expect.stringContaining("shown only now"),
    });
    expect((await home.firebreak(["status"], { variables })).code).toBe(0);
    const denied = await home.firebreak(["stop", "--global", "--reason", "drill"], { variables });
    expectFault(denied, 4, /role/);
    const { items } = await json(["token", "list"]);
    const id = items.find((one) => one.name === "grafana")?.id ?? "";
    expect((await home.firebreak(["token", "revoke", id])).out).toBe(`Revoked ${id}.\n`);
    expectFault(await home.firebreak(["status"], { variables }), 4, /FIREBREAK_TOKEN/);
    const agent = await json(["token", "create", "a", "--access", "agent", "--agent", "scout"]);
    expect(agent).toMatchObject({ access: "agent" });
    expectFault(await home.firebreak(["token", "create", "a", "--access", "agent"]), 2, /--agent ID/);
    expectFault(await home.firebreak(["token", "create", "a", "--days", "soon"]), 2, /whole number/);
    expectFault(await home.firebreak(["token", "revoke", `tok_${"0".repeat(26)}`]), 5, /no .*token|not found/i);
  });

  test("token link: the owner always gets in, once", async () => {
    const link = await home.firebreak(["token", "link"]);
    expect(link.out).toMatch(new RegExp(`^${running.url}/sign-in#link=[\\w-]{43}\n$`));
    expect(link.error).toContain("owner");
    const token = link.out.trim().split("#link=")[1];
    const use = () =>
      fetch(`${running.url}/api/v1/sign-in/link`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
      });
    expect(await (await use()).json()).toMatchObject({ access: "admin", actor: { kind: "person", name: "owner" } });
    expect((await use()).status).toBe(401);
    expectFault(await home.firebreak(["token", "link", "--user", "nobody"]), 5, /nobody/);
  });

  test("faults are one JSON document on standard error with --json", async () => {
    const ended = await home.firebreak(["incident", "show", "INC-2020-9999", "--json"]);
    expect(ended).toMatchObject({ code: 5, out: "" });
    expect(JSON.parse(ended.error)).toMatchObject({
      error: expect.any(String),
      remedy: expect.any(String),
      exitCode: 5,
    });
  });

  test("a reader that goes away is no fault", async () => {
    const follow = home.start(["events", "follow", "--agent", "pipe"]);
    follow.child.stdout?.destroy();
    await home.firebreak(["events", "send", "-"], { input: event("x").replace("scout", "pipe") });
    expect(await follow.ended).toMatchObject({ signal: null, error: "" });
  });
});

describe("a second up", () => {
  test("on the same home names the holder and changes nothing", async () => {
    const second = await home.firebreak(["up", "--port", "0"]);
    expect(second.code).toBe(1);
    expect(second.error).toContain(String(running.pid));
    expect(second.error).not.toMatch(/\n {4}at /);
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
  });

  test("on a busy port offers the next free one, does not take it, and leaves nothing running", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as { port: number };
    const other = createHome();
    const ended = await other.firebreak(["up", "--port", String(port)]);
    blocker.close();
    expect(ended.code).toBe(1);
    expect(ended.error).toMatch(
      new RegExp(`Port ${port} on 127.0.0.1 is in use\\.\nStart with --port \\d+, which is free`),
    );
    expect(processesIn(other.dir)).toEqual([]);
    other.remove();
  });
});

describe("npm start", () => {
  test("passes options on; one Ctrl-C to the whole group ends everything", async () => {
    const own = createHome();
    const npm = start(["npm", "start", "--", "--port", "0", "--home", own.dir], { cwd: REPOSITORY, detached: true });
    const url = await until("npm start is ready", () => /running at (http:\S+)/.exec(npm.out())?.[1], 60_000);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const whole = processesIn(own.dir);
    expect(whole.length).toBeGreaterThan(0);
    process.kill(-(npm.child.pid ?? 0), "SIGINT");
    const ended = await npm.ended;
    expect(ended.error).not.toMatch(/\n {4}at |"level":"(warn|error)"/);
    expect(processesIn(own.dir)).toEqual([]);
    expect(await connects(url)).toBe(false);
    own.remove();
  });
});

test("Ctrl-C on up leaves no process, no socket and no address behind, even while it starts", async () => {
  const own = createHome();
  const early = own.start(["up", "--port", "0"]);
  await until("it has begun", () => readdirSync(own.dir).length > 0 || undefined);
  early.child.kill("SIGINT");
  expect(await early.ended).toMatchObject({ code: 0 });
  expect(processesIn(own.dir)).toEqual([]);
  const late = await up(own);
  late.server.child.kill("SIGINT");
  expect(await late.server.ended).toMatchObject({ code: 0, error: "" });
  expect(processesIn(own.dir)).toEqual([]);
  expect(readdirSync(own.dir)).not.toContain("server.json");
  expect(await connects(late.url)).toBe(false);
  own.remove();
});

/** Reports an incident, for which there is no command. */
async function openIncident(agentId?: string): Promise<string> {
  const token = readFileSync(path.join(home.dir, "secrets/cli-token"), "utf8").trim();
  const response = await fetch(`${running.url}/api/v1/incidents`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ title: "It burns", severity: 2, type: "other", agentId }),
  });
  expect(response.status).toBe(201);
  return z.object({ id: z.string() }).parse(await response.json()).id;
}

function connects(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Processes that work in that directory or name it. */
function processesIn(dir: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(dir) || line.includes(dir) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}
