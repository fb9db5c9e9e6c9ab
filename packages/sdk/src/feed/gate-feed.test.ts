import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import type { FeedHold, Lease } from "@firebreak/protocol/feed";
import { buildSync } from "esbuild";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FEED_TOKEN, startFakeFeed } from "../../../../test/fakes/feed-server.ts";
import type { FakeFeedServer, FeedListener } from "../../../../test/fakes/feed-server.ts";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { until } from "../../../../test/agents/process-trees.ts";
import { createGate } from "../index.ts";
import type { Gate, GateOptions } from "../index.ts";
import { createGate as createWebGate } from "../web.ts";
import { judgeLease } from "./judge-lease.ts";
import { readFeedEvent } from "./read-event.ts";

let server: FakeFeedServer;
const gates: Gate[] = [];

beforeEach(async () => {
  server = await startFakeFeed();
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close(0);
  await server.close();
});

function open(more: Partial<GateOptions> = {}, create = createGate): Gate {
  const gate = create({
    url: server.url,
    token: FEED_TOKEN,
    agent: "scout",
    session: "ses_1",
    pack: "research",
    ...more,
  });
  gates.push(gate);
  return gate;
}

async function listener(count = 1): Promise<FeedListener> {
  await until("the gate listens", () => server.listeners.length >= count);
  const found = server.listeners[count - 1];
  if (found === undefined) throw new Error("nobody listens");
  return found;
}

function holdOn(more: Partial<FeedHold> = {}): FeedHold {
  const at = "2026-01-01T00:00:00.000Z";
  return { id: "hld_1", scope: "agent", target: "scout", level: "deny", reason: "it leaks", by: "Ada", at, ...more };
}

/** The two clocks of an agent, moved by the test. */
function movableClock() {
  let wallMs = 1_700_000_000_000;
  let monotonicMs = 5_000;
  return {
    now: () => wallMs,
    monotonicMs: () => monotonicMs,
    advance: (ms: number) => {
      wallMs += ms;
      monotonicMs += ms;
    },
    jumpWall: (ms: number) => {
      wallMs += ms;
    },
  };
}

describe.each([
  ["Node", createGate],
  ["the web's interfaces alone", createWebGate],
] as const)("O-7: a gate over the feed on %s", (_, create) => {
  test("C-1: lets through with a lease, denies at a stop, and lets through again", async () => {
    const gate = open({}, create);
    expect(gate.check()).toMatchObject({ allowed: false, denial: "lease_expired" });
    expect(await gate.ready()).toEqual({ allowed: true });
    const one = await listener();
    expect(one.token).toBe(`Bearer ${FEED_TOKEN}`);
    expect([one.query.get("agent"), one.query.get("pack"), one.query.get("session")]).toEqual([
      "scout",
      "research",
      "ses_1",
    ]);
    one.state({ epoch: 2, holds: [holdOn()] });
    await until("it denies", () => !gate.check().allowed, 1000);
    expect(gate.check()).toEqual({
      allowed: false,
      denial: "stopped",
      reason: "agent scout is stopped: it leaks",
      holdId: "hld_1",
      level: "deny",
    });
    one.state({ epoch: 3 });
    one.lease({ epoch: 3 });
    await until("it lets through", () => gate.check().allowed, 1000);
    expect(gate.status()).toMatchObject({ state: "open", epoch: 3 });
  });

  test("C-8: an event with a wrong signature is gate_broken, though it would let through", async () => {
    const gate = open({}, create);
    await gate.ready();
    (await listener()).raw(
      `event: state\ndata: ${"A".repeat(86)} {"kind":"state","instance":"sup_1","epoch":9,"holds":[],"problem":null}\n\n`,
    );
    await until("it is broken", () => gate.status().state === "broken", 1000);
    expect(gate.check()).toMatchObject({
      denial: "gate_broken",
      reason: expect.stringContaining("not signed with the key"),
    });
  });
});

test("C-1: a hold on a tool denies that tool only; one on a pack that only the server knows denies all", async () => {
  const gate = open();
  await gate.ready();
  const one = await listener();
  one.state({ epoch: 2, holds: [holdOn({ scope: "tool", target: "shell" })] });
  await until("the tool is denied", () => !gate.check({ tool: "shell" }).allowed, 1000);
  expect(gate.check({ tool: "read" }).allowed).toBe(true);
  one.state({ epoch: 3, holds: [holdOn({ scope: "pack", target: "known-to-the-server" })] });
  await until("all is denied", () => !gate.check().allowed, 1000);
});

describe("C-8: the lease", () => {
  test("runs out when the server falls silent, says so before and after, and is not a stop", async () => {
    const clock = movableClock();
    server.facts.nowMs = () => clock.monotonicMs() + 1_000_000;
    const gate = open({ clock });
    await gate.ready();
    clock.advance(1900);
    expect(gate.status().lease).toEqual({ leftMs: 2100, text: "forced stop in 2.1 s" });
    expect(gate.check().allowed).toBe(true);
    clock.advance(2101);
    expect(gate.check()).toMatchObject({ denial: "lease_expired", holdId: null });
    expect(gate.status()).toMatchObject({ state: "lease_expired", lease: { leftMs: 0 } });
    (await listener()).lease();
    await until("it lets through", () => gate.check().allowed, 1000);
  });

  test("is neither longer nor shorter when the wall clock jumps", async () => {
    const clock = movableClock();
    server.facts.nowMs = () => clock.monotonicMs() + 1_000_000;
    const gate = open({ clock });
    await gate.ready();
    for (const jumpMs of [3_600_000, -7_200_000]) {
      clock.jumpWall(jumpMs);
      expect(gate.status().lease?.leftMs).toBe(4000);
      expect(gate.check().allowed).toBe(true);
    }
    clock.advance(4001);
    expect(gate.check()).toMatchObject({ denial: "lease_expired" });
  });

  test("that the network held back is not good for longer than the server meant", async () => {
    const clock = movableClock();
    server.facts.nowMs = () => clock.monotonicMs() + 1_000_000;
    const gate = open({ clock });
    await gate.ready();
    clock.advance(10_000);
    const late = clock.monotonicMs() + 1_000_000 - 3_000;
    (await listener()).lease({ issuedAt: late, expiresAt: late + 4000 });
    await until("the late lease came", () => gate.check().allowed, 1000);
    expect(gate.status().lease?.leftMs).toBe(1000);
  });

  test("tells listeners when it runs out", async () => {
    server.facts.leaseMs = 200;
    const gate = open();
    await gate.ready();
    const seen: string[] = [];
    gate.onChange((decision) => seen.push(decision.allowed ? "allowed" : decision.denial));
    await until("told", () => seen.length > 0, 2000);
    expect(seen).toEqual(["lease_expired"]);
  });

  const good: Lease = {
    kind: "lease",
    instance: "sup_1",
    agent: "scout",
    session: "ses_1",
    nonce: "n",
    epoch: 7,
    stopped: false,
    issuedAt: 2000,
    expiresAt: 6000,
  };
  const expected = {
    agent: "scout",
    session: "ses_1",
    nonce: "n",
    instance: "sup_1",
    stateEpoch: 7,
    lastEpoch: 7,
    lastIssuedAt: 1000,
  };
  const wrongs: [string, Partial<Lease>][] = [
    ["it is for the agent other", { agent: "other" }],
    ["it is for the session ses_2", { session: "ses_2" }],
    ["it is for no session", { session: null }],
    ["another process of the server gave it", { instance: "sup_2" }],
    ["it was given to another connection", { nonce: "m" }],
    ["it was used before", { issuedAt: 1000, expiresAt: 5000 }],
    ["it is of epoch 6, before 7", { epoch: 6 }],
    ["it is of epoch 8, whose state did not come", { epoch: 8 }],
    ["it would last 60001 ms", { expiresAt: 62_001 }],
    ["it would last 0 ms", { expiresAt: 2000 }],
  ];

  test("is good when it fits who asked, where and when", () => {
    expect(judgeLease(good, expected)).toBeNull();
    expect(judgeLease({ ...good, session: "ses_9" }, { ...expected, session: undefined })).toBeNull();
  });

  test.each(wrongs)("is refused: %s", (problem, wrong) => {
    expect(judgeLease({ ...good, ...wrong }, expected)).toBe(problem);
  });

  test.each<[string, Partial<Lease>]>([
    ["of another agent", { agent: "other" }],
    ["of another process", { instance: "sup_2" }],
    ["of another connection", { nonce: "0123456789abcdef" }],
    ["used before", { issuedAt: 1_005_000, expiresAt: 1_009_000 }],
    ["of an older epoch", { epoch: 6 }],
    ["whose state was kept back", { epoch: 8 }],
  ])("%s lengthens nothing, and the connection is given up", async (_, wrong) => {
    server.facts.epoch = 7;
    const clock = movableClock();
    server.facts.nowMs = () => clock.monotonicMs() + 1_000_000;
    const gate = open({ clock });
    await gate.ready();
    clock.advance(3000);
    server.greet = false;
    (await listener()).lease(wrong);
    await listener(2);
    expect(gate.status().lease?.leftMs).toBe(1000);
    clock.advance(1001);
    expect(gate.check()).toMatchObject({ denial: "lease_expired" });
  });
});

describe("C-8: whom a gate believes", () => {
  test("a pinned key of another server is gate_broken", async () => {
    const other = await startFakeFeed();
    await other.close();
    const gate = open({ serverKey: other.publicKey });
    await until("it is broken", () => gate.status().state === "broken", 2000);
    expect(gate.check()).toMatchObject({ denial: "gate_broken" });
  });

  test("a server elsewhere needs a pinned key, and is not even asked without one", async () => {
    const gate = open({ url: "http://192.0.2.1:8080" });
    expect(gate.check()).toMatchObject({
      denial: "gate_broken",
      reason: expect.stringContaining("FIREBREAK_SERVER_KEY"),
    });
    const noKey = open({ serverKey: "ed25519:short" });
    expect(noKey.check()).toMatchObject({ denial: "gate_broken" });
    expect(server.listeners).toEqual([]);
  });

  test("over loopback the first key is trusted, and another one later is not", async () => {
    const gate = open();
    await gate.ready();
    server.changeKey();
    (await listener()).end();
    await until("it is broken", () => gate.status().state === "broken", 3000);
    expect(gate.check()).toMatchObject({ denial: "gate_broken" });
  });

  test("an older epoch, also after a reconnection, is gate_broken and lifts no stop", async () => {
    server.facts.epoch = 7;
    const gate = open();
    await gate.ready();
    server.facts.epoch = 6;
    (await listener()).end();
    await until("it is broken", () => gate.status().state === "broken", 3000);
    expect(gate.check()).toMatchObject({ reason: expect.stringContaining("went back from epoch 7 to 6") });
  });

  test("a refused token is gate_broken, an ailing server is waited for", async () => {
    server.refuseWith = 401;
    const refused = open();
    await until("it is broken", () => refused.status().state === "broken", 2000);
    server.refuseWith = 503;
    const waiting = open();
    await until("it says so", () => waiting.status().lease?.text.includes("503") === true, 2000);
    expect(waiting.check()).toMatchObject({ denial: "lease_expired" });
    server.refuseWith = null;
    expect(await waiting.ready()).toEqual({ allowed: true });
  });
});

test("C-8: another server at the same address is not believed", async () => {
  const gate = open();
  await gate.ready();
  const { port } = new URL(server.url);
  await server.close();
  server = await startFakeFeed(Number(port));
  await until("it is broken", () => gate.status().state === "broken", 5000);
  expect(gate.check()).toMatchObject({ reason: expect.stringContaining("not signed with the key") });
});

test("C-8: gates of one process read the same bytes once, and each looks whose key signed them", async () => {
  const other = await startFakeFeed();
  const gate = open({ serverKey: server.publicKey });
  const wary = open({ serverKey: other.publicKey, session: "ses_2" });
  await other.close();
  await gate.ready();
  await until("the one with another key is broken", () => wary.status().state === "broken", 2000);
  const again = open({ serverKey: server.publicKey, session: "ses_3" });
  await again.ready();
  server.facts.holds.push(holdOn({ scope: "global", target: null }));
  server.facts.epoch = 2;
  for (const one of server.listeners) one.state({});
  await until("both are stopped", () => !gate.check().allowed && !again.check().allowed, 1000);
  expect([gate.check(), again.check()]).toMatchObject([{ denial: "stopped" }, { denial: "stopped" }]);
  expect(wary.check()).toMatchObject({ denial: "gate_broken" });
});

test("C-1: with a directory and no key, the server is not asked; with a key, the stricter of both decides", async () => {
  const gate = open({ killswitchDir: "/nowhere", serverKey: server.publicKey });
  await until("the feed came", () => (gate.status().lease?.leftMs ?? 0) > 0, 2000);
  expect(gate.check()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("/nowhere") });
  (await listener()).state({ epoch: 2, holds: [holdOn()] });
  await until("the stop is named before what is broken", () => gate.status().state === "stopped", 1000);
  const local = open({ killswitchDir: "/nowhere" });
  expect(local.status()).toMatchObject({ state: "broken", lease: null });
  expect(server.listeners).toHaveLength(1);
});

test("C-8: what a hostile server sends breaks no gate and is never believed", async () => {
  const texts = fc.oneof(fc.json(), fc.string({ unit: "binary" }), fc.constant('{"kind":"lease","__proto__":{}}'));
  const kindOf = (text: string) => {
    try {
      return readFeedEvent(text).kind;
    } catch (fault) {
      return fault instanceof Error ? "refused" : "thrown";
    }
  };
  fc.assert(fc.property(texts, (text) => kindOf(text) === "refused"));
  const gate = open();
  await gate.ready();
  const count = server.listeners.length;
  (await listener()).raw(`data: ${"x".repeat(100)}\n\ndata:\n\n: \n\n`);
  await until("it connects anew", () => server.listeners.length > count, 5000);
});

test("O-7: an agent that is done ends although its gate is open", async () => {
  const dir = mkdtempSync(join(tmpdir(), "fb-agent-"));
  try {
    const entry = bundleEntry(
      join(import.meta.dirname, "../../../../test/agents/ask-gate-once.ts"),
      join(dir, "agent.mjs"),
    );
    const child = spawn(process.execPath, [entry, server.url, FEED_TOKEN], { stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [code] = await once(child, "close");
    expect({ code, said: Buffer.concat(chunks).toString() }).toEqual({ code: 0, said: "allowed\n" });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("O-7: the web entry needs nothing of Node: it works where there are only the web's interfaces", async () => {
  const source = bundleForWeb(join(import.meta.dirname, "../web.ts"));
  const web = {
    AbortController,
    AbortSignal,
    TextDecoder,
    TextEncoder,
    URL,
    atob,
    clearInterval,
    clearTimeout,
    crypto,
  };
  const more = { fetch, performance, setInterval, setTimeout };
  const exported: { createGate?: typeof createWebGate } = {};
  runInNewContext(source, { ...web, ...more, exported });
  if (exported.createGate === undefined) throw new Error("the bundle exports no gate");
  const gate = open({}, exported.createGate);
  expect(await gate.ready()).toEqual({ allowed: true });
  (await listener()).state({ epoch: 2, holds: [holdOn()] });
  await until("it denies", () => !gate.check().allowed, 1000);
});

test("C-8: the web entry denies by a policy that it cannot judge by, and not by one that says nothing", async () => {
  const gate = open({}, createWebGate);
  await gate.ready();
  const one = await listener();
  const none = { rules: [], placeholders: {}, budgets: [], breakers: [], concurrency: [], throttle: null };
  const send = (epoch: number, more: object) =>
    one.policy(JSON.stringify({ v: 1, epoch, hash: "", timeZone: "UTC", ...none, ...more }));
  send(1, { budgets: [{ name: "calls" }] });
  await until("it denies", () => !gate.check().allowed, 1000);
  expect(gate.check()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("without files") });
  send(2, {});
  await until("it lets through", () => gate.check().allowed, 1000);
  const throttle = { level: "emergency", maxConcurrent: 0, delayMs: 0, reason: "CPU 96 %" };
  send(3, { throttle: { ...throttle, until: new Date(Date.now() + 60_000).toISOString() } });
  await until("it denies again", () => !gate.check().allowed, 1000);
  send(4, { throttle: { ...throttle, until: new Date(Date.now() - 1).toISOString() } });
  await until("it lets through again", () => gate.check().allowed, 1000);
});

/** @throws Error when anything of Node's own is imported */
function bundleForWeb(entryPoint: string): string {
  const result = buildSync({
    stdin: { contents: `export * from ${JSON.stringify(entryPoint)}`, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "sdk",
    conditions: ["firebreak-source"],
    footer: { js: "exported.createGate = sdk.createGate;" },
  });
  return result.outputFiles[0]?.text ?? "";
}
