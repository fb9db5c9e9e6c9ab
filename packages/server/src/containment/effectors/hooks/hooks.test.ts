import { createHmac } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { findProcessesWith } from "../../../../../../test/harness/processes.ts";
import { describeEffectorContract, effectorContextFor, effectorOf, effectorSettingsOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { isPrivateAddress } from "./private-address.ts";

let home = "";
const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-hook-"));
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(home, { recursive: true, force: true });
});

const request = z.object({
  schema: z.literal("firebreak.hook/1"),
  verb: z.enum(["apply", "verify", "undo"]),
  id: z.string(),
});

interface Receiver {
  readonly url: string;
  readonly asked: { verb: string; headers: IncomingMessage["headers"]; body: string }[];
  close(): Promise<void>;
}

/** Somebody else's server: answers as told, and keeps what it was asked. */
async function receive(answer: (verb: string, response: ServerResponse, id: string) => void): Promise<Receiver> {
  const asked: Receiver["asked"] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await text(incoming);
    const { verb, id } = request.parse(JSON.parse(body));
    asked.push({ verb, headers: incoming.headers, body });
    answer(verb, response, id);
  };
  const server = createServer((incoming, response) => void handle(incoming, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function receiveHere(answer: Parameters<typeof receive>[0]): Promise<Receiver> {
  const receiver = await receive(answer);
  closers.push(() => receiver.close());
  return receiver;
}

const NO_HEADERS: IncomingMessage["headers"] = {};

const httpHook = (url: string, more: Readonly<Record<string, unknown>> = {}) => ({
  hooks: [
    { name: "vlan", title: "Move to the quarantine VLAN", kind: "http", url, allowPrivateAddress: true, ...more },
  ],
});

async function openHttpWorld(): Promise<EffectorWorld> {
  const isolated = new Set<string>();
  let changes = 0;
  let isBroken = (_operation: number) => false;
  const receiver = await receive((verb, response, id) => {
    const isBrokenNow = verb !== "verify" && isBroken(changes++);
    if (!isBrokenNow && verb === "apply") isolated.add(id);
    if (!isBrokenNow && verb === "undo") isolated.delete(id);
    response.writeHead(isBrokenNow ? 422 : verb === "verify" && !isolated.has(id) ? 404 : 200).end();
  });
  return {
    settings: httpHook(receiver.url, { parameters: ["port"], idempotent: true, verify: true, undo: true }),
    parameters: { port: "7" },
    look: async () => [...isolated],
    operations: () => changes,
    breakAt: (at, which) => {
      const from = changes + at;
      isBroken = (operation) => operation === from || (which === "rest" && operation > from);
    },
    heal: () => (isBroken = () => false),
    close: () => receiver.close(),
  };
}

/** A program that makes and removes a file, unless it is told to fail. */
async function openCommandWorld(place: string): Promise<EffectorWorld> {
  const [made, count, broken, program] = ["made", "count", "broken", "program"].map((name) => join(place, name));
  writeFileSync(
    program ?? "",
    `#!/bin/sh
cat > /dev/null
if [ "$1" = verify ]; then test -e '${made}'; exit; fi
echo x >> '${count}'
if [ -e '${broken}' ]; then echo broken >&2; exit 1; fi
if [ "$1" = apply ]; then echo "$2" > '${made}'; else rm -f '${made}'; fi
`,
    { mode: 0o755 },
  );
  const argv = (verb: string) => [program, verb, "{port}"];
  return {
    settings: {
      hooks: [
        {
          name: "vlan",
          title: "Move to the quarantine VLAN",
          kind: "command",
          parameters: ["port"],
          idempotent: true,
          apply: argv("apply"),
          verify: argv("verify"),
          undo: argv("undo"),
        },
      ],
    },
    parameters: { port: "7" },
    look: async () => (existsSync(made ?? "") ? readFileSync(made ?? "", "utf8") : "absent"),
    operations: () => (existsSync(count ?? "") ? readFileSync(count ?? "", "utf8").length / 2 : 0),
    // it does one thing
    breakAt: () => writeFileSync(broken ?? "", ""),
    heal: () => rmSync(broken ?? ""),
    close: async () => {},
  };
}

describe("by HTTP", () => {
  describeEffectorContract("hook.vlan", { open: openHttpWorld });
});
describe("by command", () => {
  describeEffectorContract("hook.vlan", { open: openCommandWorld });
});

describe("a hook by HTTP", () => {
  test("C-3: is signed over time and body, and says who asks for what until when", async () => {
    const receiver = await receiveHere((_verb, response) => response.end('{"message":"moved"}'));
    const hook = effectorOf("hook.vlan", httpHook(receiver.url, { secretEnv: "HOOK_SECRET" }), {
      HOOK_SECRET: "s3cret",
    });
    const outcome = await hook.apply(effectorContextFor(home, { expiresAt: 0 }), {});
    expect(outcome).toMatchObject({ ok: true, message: "hook.vlan answered 200: moved" });
    const [{ headers, body } = { headers: NO_HEADERS, body: "" }] = receiver.asked;
    const expected = createHmac("sha256", "s3cret").update(`${String(headers["x-firebreak-timestamp"])}.${body}`);
    expect(headers["x-firebreak-signature"]).toBe(`sha256=${expected.digest("hex")}`);
    expect(headers["idempotency-key"]).toBe("run_1/step/apply");
    expect(JSON.parse(body)).toMatchObject({
      id: "run_1/step",
      actor: { name: "ada" },
      expiresAt: "1970-01-01T00:00:00.000Z",
    });
    expect(body).not.toContain("s3cret");
  });

  test("C-3: is asked again only when it may be, and never for a refusal", async () => {
    const busy = await receiveHere((_verb, response) => response.writeHead(503).end());
    const once_ = effectorOf("hook.vlan", httpHook(busy.url));
    expect(await once_.apply(effectorContextFor(home), {})).toMatchObject({ ok: false, reason: "failed" });
    expect(busy.asked).toHaveLength(1);
    const often = effectorOf("hook.vlan", httpHook(busy.url, { idempotent: true }));
    await often.apply(effectorContextFor(home), {});
    expect(busy.asked).toHaveLength(5);
    const refusing = await receiveHere((_verb, response) => response.writeHead(403).end());
    await effectorOf("hook.vlan", httpHook(refusing.url, { idempotent: true })).apply(effectorContextFor(home), {});
    expect(refusing.asked).toHaveLength(1);
  });

  test("C-3: follows no redirect", async () => {
    const target = await receiveHere((_verb, response) => response.end());
    const receiver = await receiveHere((_verb, response) => response.writeHead(307, { location: target.url }).end());
    const outcome = await effectorOf("hook.vlan", httpHook(receiver.url)).apply(effectorContextFor(home), {});
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("redirects are not followed") });
    expect(target.asked).toEqual([]);
  });

  test.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"])(
    "C-3: at the private address %s is not asked, unless the profile allows it",
    async (host) => {
      const receiver = await receiveHere((_verb, response) => response.end());
      const url = receiver.url.replace("127.0.0.1", host);
      const hook = effectorOf("hook.vlan", httpHook(url, { allowPrivateAddress: false, idempotent: true }));
      expect(await hook.apply(effectorContextFor(home), {})).toMatchObject({ ok: false, reason: "denied" });
      expect(receiver.asked).toEqual([]);
    },
  );

  test("C-3: that does not answer in its time is left", async () => {
    const receiver = await receiveHere(() => {});
    const hook = effectorOf("hook.vlan", httpHook(receiver.url, { timeoutSeconds: 1 }));
    expect(await hook.apply(effectorContextFor(home), {})).toMatchObject({ ok: false, reason: "unreachable" });
  });

  test("C-3: whose address or secret is not there says which, with the remedy", async () => {
    const hook = effectorOf("hook.vlan", {
      hooks: [{ name: "vlan", title: "x", kind: "http", urlEnv: "HOOK_URL", secretEnv: "HOOK_SECRET" }],
    });
    const missing = (await hook.checkNeeds()).map(({ what, remedy }) => `${what} ${remedy}`).join("\n");
    expect(missing).toContain("HOOK_URL");
    expect(missing).toContain("HOOK_SECRET");
    expect(await hook.apply(effectorContextFor(home), {})).toMatchObject({ ok: false, reason: "unavailable" });
  });
});

describe("a hook by command", () => {
  const run = (script: string, more: Readonly<Record<string, unknown>> = {}, secrets = {}) => {
    const program = join(home, "hook.sh");
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const hook = {
      name: "vlan",
      title: "x",
      kind: "command",
      apply: [program, "--port={port}"],
      parameters: ["port"],
      ...more,
    };
    return effectorOf("hook.vlan", { hooks: [hook] }, secrets);
  };

  test("C-3: no shell reads its arguments, and a value is never an option", async () => {
    const hook = run(`printf '%s|' "$@" > '${home}/argv'`);
    const port = "$(touch /tmp/x); `id` 'a' \"b\" * {port}";
    expect(await hook.apply(effectorContextFor(home), { port })).toMatchObject({ ok: true });
    expect(readFileSync(join(home, "argv"), "utf8")).toBe(`--port=${port}|`);
    for (const bad of ["-rf", "a\nb", "", "a\u0000b", "x".repeat(2000)]) {
      await expect(hook.apply(effectorContextFor(home), { port: bad })).rejects.toThrow("port");
    }
  });

  test("C-3: gets nothing of Firebreak's environment but what is its own, and no secret goes on record", async () => {
    const hook = run(
      `env > '${home}/env'; echo "token is $API_TOKEN"`,
      { secrets: { API_TOKEN: "VLAN_TOKEN" } },
      { VLAN_TOKEN: "t0ps3cret" },
    );
    const outcome = await hook.apply(effectorContextFor(home), { port: "7" });
    expect(outcome).toMatchObject({ ok: true, message: "hook.vlan ended well: token is …" });
    const names = readFileSync(join(home, "env"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("=", 1)[0] ?? "");
    const ofShell = ["PWD", "OLDPWD", "SHLVL", "_"];
    const given = names.filter((name) => !ofShell.includes(name)).toSorted();
    expect(given).toEqual(["API_TOKEN", "HOOK_KEY", "HOOK_VERB", "LC_ALL", "PATH"]);
  });

  test("C-3: is killed with all it started when its time is over", async () => {
    const marker = `fb-hook-${process.pid}-${Math.trunc(performance.now())}`;
    const hook = run(
      `trap '' TERM; sleep 600 & while :; do sleep 0.05; done`,
      { timeoutSeconds: 1, secrets: { MARKER: "MARKER" } },
      { MARKER: marker },
    );
    const outcome = await hook.apply(effectorContextFor(home), { port: "7" });
    expect(outcome).toMatchObject({ ok: false, reason: "timed_out" });
    // a process that was killed is listed until the kernel has come to it
    await expect.poll(() => findProcessesWith(marker), { timeout: 5000 }).toEqual([]);
  });

  test("C-3: what it left behind ends with it, and its output is bounded", async () => {
    const marker = `fb-hook-${process.pid}-left`;
    const hook = run("sleep 600 & yes | head -c 5000000", { secrets: { MARKER: "MARKER" } }, { MARKER: marker });
    const outcome = await hook.apply(effectorContextFor(home), { port: "7" });
    expect(outcome).toMatchObject({ ok: true });
    expect(outcome.message.length).toBeLessThan(700);
    expect(findProcessesWith(marker)).toEqual([]);
  });
});

describe("the settings of hooks", () => {
  const command = { name: "vlan", title: "x", kind: "command", apply: ["/bin/true"] };
  test.each([
    [[{ ...command, apply: ["true"] }], "absolute"],
    [[{ ...command, apply: ["/bin/{port}"], parameters: ["port"] }], "not chosen by a parameter"],
    [[{ ...command, apply: ["/bin/true", "{port}"] }], "port is not among"],
    [[command, command], "named vlan already"],
    [[{ name: "vlan", title: "x", kind: "http" }], "exactly one of url and urlEnv"],
    [[{ name: "vlan", title: "x", kind: "http", url: "https://a:b@c" }], "without a user"],
  ])("C-3: %j is refused", (hooks, message) => {
    expect(() => effectorSettingsOf({ hooks })).toThrow(message);
  });
});

test.each([
  ["169.254.169.254", true],
  ["10.1.2.3", true],
  ["100.64.0.1", true],
  ["::ffff:169.254.169.254", true],
  ["fd00:ec2::254", true],
  ["fe80::1%eth0", true],
  ["64:ff9b::a9fe:a9fe", true],
  ["no address", true],
  ["93.184.216.34", false],
  ["2606:4700::1111", false],
])("C-3: %s is private: %s", (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
