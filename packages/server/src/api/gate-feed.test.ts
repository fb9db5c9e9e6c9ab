import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Actor } from "@firebreak/protocol";
import { FEED_KEY_HEADER, FEED_PATH } from "@firebreak/protocol";
import { createGate } from "@firebreak/sdk";
import type { Gate, GateOptions } from "@firebreak/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../../test/agents/process-trees.ts";
import type { Authenticate, Caller } from "../access/index.ts";
import { createNewId, openSigningKey, silentLogger, systemClock } from "../kernel/index.ts";
import { createGateFeed, openKillswitch } from "../killswitch/index.ts";
import type { GateFeed, Killswitch } from "../killswitch/index.ts";
import type { GateFeedQuery } from "./requests.ts";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
const person: Actor = { kind: "person", id: "usr_1", name: "Ada" };
const NONCE = "0123456789abcdef";

let home = "";
let killswitch: Killswitch;
let feed: GateFeed;
let server: TestServer;
const gates: Gate[] = [];

/** Everybody is the agent that the token names. */
const authenticate: Authenticate = async ({ bearer }) =>
  bearer === undefined || bearer === "nobody" ? null : agent(bearer);

function agent(id: string): Caller {
  return { actor: { kind: "agent", id, name: id }, access: "agent", agentId: id, sessionId: null, webSessionId: null };
}

interface Settings {
  readonly port?: number;
  readonly authenticate?: Authenticate;
  readonly feed?: Partial<Parameters<typeof createGateFeed>[0]>;
}

async function start(settings: Settings = {}): Promise<void> {
  const key = openSigningKey(home, "lease-key");
  const common = { killswitch, key, clock, logger: silentLogger };
  feed = createGateFeed({ ...common, instance: newId("supervisor"), leaseMs: 600, ...settings.feed });
  const openGateFeed = async (caller: Caller, { pack, session, nonce }: GateFeedQuery) => {
    const who = { agent: caller.actor.id, session: session ?? null, packs: pack === undefined ? [] : [pack] };
    return {
      headers: { [FEED_KEY_HEADER]: feed.publicKey },
      start: (stream: Parameters<GateFeed["attach"]>[0]["stream"], isStillAllowed: () => Promise<boolean>) =>
        feed.attach({ ...who, role: "gate", nonce, stream, isStillAllowed }),
    };
  };
  const { authenticate: asked = authenticate, port = 0 } = settings;
  server = await startTestServer({ services: { openGateFeed }, authenticate: asked, port });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-feed-"));
  killswitch = openKillswitch({ home, clock, newId, logger: silentLogger });
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close(0);
  feed.close();
  await server.close();
  killswitch.close();
  rmSync(home, { recursive: true, force: true });
});

function open(agentId: string, more: Partial<GateOptions> = {}): Gate {
  const gate = createGate({ url: server.origin, token: agentId, agent: agentId, serverKey: feed.publicKey, ...more });
  gates.push(gate);
  return gate;
}

const FLEET = 60;
/** @returns how many gates of a fleet wait for the server */
const waitingOf = (fleet: readonly Gate[]) => fleet.filter((gate) => gate.status().state === "lease_expired").length;

const hold = { scope: "agent", target: "scout", level: "deny", reason: "it leaks", actor: person } as const;

describe("C-1: gates on any host", () => {
  test("deny what is stopped within milliseconds, and nothing else; a resume gives a lease at once", async () => {
    await start();
    const [scout, other] = [open("scout"), open("other")];
    expect([await scout.ready(), await other.ready()]).toEqual([{ allowed: true }, { allowed: true }]);
    const { id } = await killswitch.add(hold);
    await until("scout is stopped", () => !scout.check().allowed, 1000);
    expect(scout.check()).toMatchObject({ denial: "stopped", holdId: id, reason: "agent scout is stopped: it leaks" });
    await killswitch.release(id, { actor: person, reason: "mended" });
    await until("scout runs", () => scout.check().allowed, 1000);
    expect(other.check().allowed).toBe(true);
  });

  test.each([
    ["global", null, false],
    ["pack", "research", false],
    ["session", "ses_1", false],
    ["session", "ses_2", true],
    ["pack", "other", true],
  ] as const)("a hold on %s %s, set before they connect", async (scope, target, allowed) => {
    await start();
    await killswitch.add({ ...hold, scope, target });
    const gate = open("scout", { pack: "research", session: "ses_1" });
    expect((await gate.ready()).allowed).toBe(allowed);
  });

  test("a tool's hold reaches every gate; other agents' holds and their reasons reach nobody else", async () => {
    await start();
    await killswitch.add(hold);
    await killswitch.add({ ...hold, scope: "tool", target: "shell", reason: "no shells" });
    const response = await server.ask("GET", `${FEED_PATH}?nonce=${NONCE}`, {
      headers: { authorization: "Bearer other" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes("event: lease")) break;
    }
    expect(text).toContain("no shells");
    expect(text).not.toContain("it leaks");
    expect(text).toContain(`"nonce":"${NONCE}"`);
  });

  test("a journal that cannot be read stops everybody, and says why", async () => {
    await start();
    const gate = open("scout");
    await gate.ready();
    writeFileSync(join(killswitch.dir, "journal.jsonl"), "garbage\n");
    await until("stopped", () => !gate.check().allowed, 3000);
    expect(gate.check()).toMatchObject({ denial: "stopped", reason: expect.stringContaining("cannot be read") });
  });
});

describe("C-8: leases", () => {
  test("are renewed while the server lives, and run out when it is gone", async () => {
    await start();
    const gate = open("scout");
    await gate.ready();
    const startMs = performance.now();
    await until("it lived on beyond one lease", () => performance.now() - startMs > 900 || !gate.check().allowed, 5000);
    expect(gate.check().allowed).toBe(true);
    feed.close();
    await until("it runs out", () => !gate.check().allowed, 5000);
    expect(gate.check()).toMatchObject({ denial: "lease_expired" });
  });

  test("are not renewed for a token that was revoked", async () => {
    let revoked = false;
    await start({
      authenticate: async (credentials) => (revoked ? null : authenticate(credentials)),
      feed: { checkEveryMs: 50 },
    });
    const gate = open("scout");
    await gate.ready();
    revoked = true;
    await until("it is refused", () => gate.status().state === "broken", 5000);
    expect(gate.check()).toMatchObject({ reason: expect.stringContaining("refuses the token") });
  });

  test("say so to a stopped agent", async () => {
    await start();
    await killswitch.add(hold);
    const gate = open("scout");
    expect(await gate.ready()).toMatchObject({ denial: "stopped" });
    await until("the lease came", () => gate.status().lease?.text === "the server gives none", 2000);
    expect(gate.check()).toMatchObject({ denial: "stopped" });
  });
});

describe("bounds of the feed", () => {
  test("a server that stops ends every feed at once", async () => {
    await start();
    await open("scout").ready();
    const startMs = performance.now();
    await server.close();
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  test("a gate that does not read is cut off, and holds up nobody", async () => {
    await start();
    const stuck = new Writable({ highWaterMark: 1, write: () => {} });
    const isStillAllowed = async () => true;
    feed.attach({ agent: "slow", session: null, packs: [], role: "gate", nonce: NONCE, stream: stuck, isStillAllowed });
    await until("it is cut off", () => feed.stats().cutOff === 1, 3000);
    expect(stuck.destroyed).toBe(true);
    expect(feed.stats().clients).toBe(0);
    expect(await open("scout").ready()).toEqual({ allowed: true });
  });

  test("there is a limit for all, and one for each agent, so that one cannot shut out the others", async () => {
    await start({ feed: { clientsMax: 3, clientsPerAgentMax: 2 } });
    const ask = async (name: string) =>
      server.ask("GET", `${FEED_PATH}?nonce=${NONCE}`, { headers: { authorization: `Bearer ${name}` } });
    const answers = [await ask("one"), await ask("one"), await ask("one"), await ask("two"), await ask("three")];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200, 429]);
    expect(answers[2]?.headers.get("retry-after")).toBe("5");
    for (const answer of answers) await answer.body?.cancel();
    await until("they left", () => feed.stats().clients === 0, 2000);
  });

  test("C-8: a fleet that comes back at once gets its leases as far as there is room; who waits is denied, and is let in later", async () => {
    await start();
    const { port } = server;
    const fleet = Array.from({ length: FLEET }, (_, i) => open(`agent-${i}`));
    const allowed = () => fleet.filter((gate) => gate.check().allowed).length;
    await until("all have a lease", () => allowed() === FLEET, 20_000);
    feed.close();
    await server.close();
    await until("no lease is left", () => allowed() === 0, 5_000);
    await killswitch.add({ ...hold, target: "agent-0" });

    await start({ port, feed: { clientsMax: FLEET - 10 } });
    await until(
      "there is no more room",
      () => allowed() + 1 >= FLEET - 10 && feed.stats().clients === FLEET - 10,
      20_000,
    );
    const denials = fleet.map((gate) => gate.check()).filter((decision) => !decision.allowed);
    expect(denials.map(({ denial }) => denial).filter((denial) => denial === "gate_broken")).toEqual([]);
    expect(denials.length).toBeGreaterThanOrEqual(10);
    // those who have one make room
    for (const gate of fleet.filter((one) => one.check().allowed).slice(0, 20)) await gate.close(0);
    await until("the others are let in", () => waitingOf(fleet) === 0, 20_000);
    expect(fleet[0]?.check().allowed).toBe(false);
  }, 60_000);

  test("a nonce that is missing or too short is refused", async () => {
    await start();
    const headers = { authorization: "Bearer scout" };
    for (const query of ["", "?nonce=short", `?nonce=${NONCE}&agent=a%20b`]) {
      expect((await server.ask("GET", FEED_PATH + query, { headers })).status).toBe(400);
    }
  });
});
