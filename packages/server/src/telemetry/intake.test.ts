import type { AgentEvent } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { canonicalJson, createManualClock, createNewId, DEFAULT_REDACTION, silentLogger } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { listenLive } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, getAgent, searchEvents, parseEventBatch, readEventsAfter } from "./index.ts";
import type { IntakeLimits, StoredEvents } from "./index.ts";
import { eventsOf } from "./testing.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const redactor = createRedactor(DEFAULT_REDACTION);
const clock = createManualClock(NOW_MS);
const newId = createNewId(() => clock.now());
let test: TestDatabase;
let stored: AgentEvent[];

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query("truncate events; truncate agents; alter sequence events_seq restart");
  stored = [];
});

function openIntake(limits: Partial<IntakeLimits> = {}) {
  const onStored = (events: StoredEvents) => stored.push(...eventsOf(events));
  return createIntake({ database: test.database, clock, newId, logger: silentLogger, redactor, onStored, limits });
}

const parse = (...events: object[]) =>
  parseEventBatch(
    Buffer.from(events.map((event) => JSON.stringify(event)).join("\n")),
    "application/x-ndjson",
    clock.now(),
  );
const eventOf = (id: string, more: object = {}) => ({
  id,
  time: "2026-03-01T11:59:00Z",
  agent: { id: "scout-1", pack: "research" },
  kind: "command",
  ...more,
});
const countRows = async () =>
  Number((await test.database.pool.query<{ n: string }>("select count(*) as n from events")).rows[0]?.n);
const bench = { name: "test" };

describe("the intake", () => {
  it("stores an event whole, fills in what is missing and gives it back the same from memory and from the table", async () => {
    const intake = openIntake();
    const data = { command: 'echo \u2028\u0000 "x"\\n', list: [1, null, { b: 2, a: 1 }], 10: "ten", 9: "nine" };
    const input = {
      agent: { id: "scout-1", pack: "research", session: "s 1", run: "r" },
      kind: "command",
      outcome: "denied",
      risk: "high",
      resource: "/srv/x\u0000\n",
      data,
    };
    const receipt = await intake.accept(await parse(input), { name: "door" });
    expect(receipt).toEqual({ accepted: 1, duplicates: 0, rejected: [], rejectedTotal: 0 });
    const [event] = await readEventsAfter(test, 0, 10);
    expect(event).toEqual(stored[0]);
    expect(event).toMatchObject({ ...input, source: "door", seq: 1 });
    expect(event?.time).toBe("2026-03-01T12:00:00.000Z");
    expect(event?.receivedTime).toBe(event?.time);
    const { rows } = await test.database.pool.query<{ body: string }>("select body from events");
    const { seq: _, ...whole } = event ?? { seq: 0 };
    expect(rows[0]?.body).toBe(canonicalJson(whole));
    await intake.close();
  });

  it("counts a repeated id and time once: within a request, across requests, and at the same moment", async () => {
    const intake = openIntake();
    const first = await intake.accept(await parse(eventOf("1"), eventOf("2"), eventOf("1")), bench);
    expect(first).toMatchObject({ accepted: 2, duplicates: 1 });
    const again = await intake.accept(await parse(eventOf("2"), eventOf("3")), bench);
    expect(again).toMatchObject({ accepted: 1, duplicates: 1 });
    const sameInstant = eventOf("1", { time: "2026-03-01T13:59:00.000+02:00" });
    expect(await intake.accept(await parse(sameInstant), bench)).toMatchObject({ accepted: 0, duplicates: 1 });
    const batches = await Promise.all(Array.from({ length: 8 }, () => parse(eventOf("7"), eventOf("8"))));
    const receipts = await Promise.all(batches.map((batch) => intake.accept(batch, bench)));
    expect(receipts.reduce((sum, receipt) => sum + receipt.accepted, 0)).toBe(2);
    expect(receipts.reduce((sum, receipt) => sum + receipt.duplicates, 0)).toBe(14);
    expect(await countRows()).toBe(5);
    expect(stored.map((event) => event.id)).toEqual(["1", "2", "3", "7", "8"]);
    await intake.close();
  });

  it("gives concurrent senders exact counts in few commits, in one order for table and listeners", async () => {
    const intake = openIntake();
    const send = async (sender: number) => {
      for (let n = 0; n < 10; n++) {
        const events = Array.from({ length: 20 }, (_, i) => eventOf(`${sender}-${n}-${i}`));
        const receipt = await intake.accept(await parse(...events), bench);
        expect(receipt.accepted).toBe(20);
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, sender) => send(sender)));
    await intake.close();
    expect(await countRows()).toBe(2000);
    const fromTable = await readEventsAfter(test, 0, 5000);
    expect(stored).toEqual(fromTable);
    expect(intake.stats()).toMatchObject({ accepted: 2000, duplicates: 0, queuedEvents: 0, queuedBytes: 0 });
    expect(intake.stats().commits).toBeLessThan(100);
  });

  it("commits at the pace it is given: what waits is answered after the commit, what is too much is turned away", async () => {
    const gate: { open(): void } = { open: () => {} };
    const keepPace = () => new Promise<void>((resolve) => (gate.open = resolve));
    const limits = { queuedEventsMax: 2 };
    const onStored = () => {};
    const intake = createIntake({
      database: test.database,
      clock,
      newId,
      logger: silentLogger,
      onStored,
      keepPace,
      limits,
    });
    const waiting = intake.accept(await parse(eventOf("1"), eventOf("2")), bench);
    await expect(intake.accept(await parse(eventOf("3")), bench)).rejects.toMatchObject({ code: "too_many_requests" });
    expect(await countRows()).toBe(0);
    gate.open();
    expect(await waiting).toMatchObject({ accepted: 2 });
    expect(await countRows()).toBe(2);
    await intake.close();
  });

  it("keeps two nodes on one database in one order without losing or doubling", async () => {
    const nodes = [openIntake(), openIntake()];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const events = [eventOf(`shared-${n}`), eventOf(`own-${n}`)];
        await Promise.all(nodes.map(async (node) => node.accept(await parse(...events), bench)));
      }),
    );
    expect(await countRows()).toBe(80);
    expect(stored).toHaveLength(80);
    expect(new Set(stored.map((event) => event.seq)).size).toBe(80);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it("turns senders away when the queue is full and takes them again afterwards", async () => {
    const intake = openIntake({ queuedEventsMax: 3 });
    const [two, more] = await Promise.all([parse(eventOf("1"), eventOf("2")), parse(eventOf("3"), eventOf("4"))]);
    const first = intake.accept(two, bench);
    await expect(intake.accept(more, bench)).rejects.toMatchObject({ code: "too_many_requests" });
    expect(await first).toMatchObject({ accepted: 2 });
    expect(await intake.accept(more, bench)).toMatchObject({ accepted: 2 });
    expect(intake.stats().turnedAway).toBe(1);
    const small = openIntake({ queuedBytesMax: 100 });
    await expect(small.accept(two, bench)).rejects.toMatchObject({ code: "too_many_requests" });
    expect(small.stats()).toMatchObject({ queuedEvents: 0, queuedBytes: 0 });
  });

  it("acknowledges nothing when the database fails, and a second try with the same ids counts once", async () => {
    const own = await createTestDatabase();
    const intake = createIntake({
      database: own.database,
      clock,
      newId,
      logger: silentLogger,
      redactor,
      onStored: () => {},
    });
    const batch = await parse(eventOf("1"));
    const blocker = await own.database.openClient();
    await blocker.query("begin; lock table events");
    const attempt = intake.accept(batch, bench);
    const failure = attempt.catch((error: unknown) => error);
    const isWaiting =
      "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%events%'";
    await expect.poll(async () => (await own.database.pool.query(isWaiting)).rowCount, { timeout: 20_000 }).toBe(1);
    await own.database.pool.query(`select pg_terminate_backend(pid) from (${isWaiting}) as waiting`);
    expect(await failure).toMatchObject({ code: "storage_unavailable" });
    await blocker.query("rollback");
    await blocker.end();
    expect(await intake.accept(batch, bench)).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await intake.accept(batch, bench)).toMatchObject({ accepted: 0, duplicates: 1 });
    await intake.close();
    await own.close();
  });

  it("flushes at close and takes nothing afterwards", async () => {
    const intake = openIntake();
    const batch = await parse(eventOf("1"));
    const pending = Promise.all([intake.accept(batch, bench), intake.close()]);
    await expect(intake.accept(batch, bench)).rejects.toMatchObject({ code: "shutting_down" });
    expect((await pending)[0].accepted).toBe(1);
    expect(await countRows()).toBe(1);
  });

  it("lets an agent's token speak only for its agent and session, and fills in the session", async () => {
    const intake = openIntake();
    const sender = { name: "scout-1", agentId: "scout-1", sessionId: "ses_1" };
    const batch = await parse(
      eventOf("1"),
      eventOf("2", { agent: { id: "other" } }),
      eventOf("3", { agent: { id: "scout-1", session: "ses_2" } }),
    );
    const receipt = await intake.accept(batch, sender);
    expect(receipt).toMatchObject({ accepted: 1, rejectedTotal: 2 });
    expect(receipt.rejected.map((item) => item.line)).toEqual([2, 3]);
    expect(stored[0]?.agent.session).toBe("ses_1");
    await intake.close();
  });

  it("takes senders of any name without mixing up the columns", async () => {
    const intake = openIntake();
    const batch = await parse({ agent: { id: "scout-1" }, kind: "log" }, { agent: { id: "scout-2" }, kind: "log" });
    expect(await intake.accept(batch, { name: "two\nlines\u0000\ud800" })).toMatchObject({ accepted: 2 });
    expect(await intake.accept(await parse({ agent: { id: "a" }, kind: "log" }), { name: "" })).toMatchObject({
      accepted: 1,
    });
    const { rows } = await test.database.pool.query("select source, agent_id from events order by seq");
    expect(rows).toEqual([
      { source: "two?lines??", agent_id: "scout-1" },
      { source: "two?lines??", agent_id: "scout-2" },
      { source: "unknown", agent_id: "a" },
    ]);
    await intake.close();
  });

  it("keeps the agents it sees, with their pack and when they were last seen", async () => {
    const intake = openIntake();
    await intake.accept(await parse(eventOf("1")), bench);
    clock.advance(60_000);
    await intake.accept(await parse({ ...eventOf("2"), agent: { id: "scout-1" } }), bench);
    const agent = await getAgent(test, "scout-1", []);
    expect(agent).toMatchObject({ id: "scout-1", pack: "research", holds: [], session: null });
    expect(Date.parse(agent.lastSeenAt) - Date.parse(agent.firstSeenAt)).toBe(60_000);
    await intake.close();
  });

  it("tells live views of agents it sees, and of some when they come in a flood", async () => {
    const told: string[] = [];
    const stop = await listenLive(test.database, ({ topic, id }) => void told.push(`${topic} ${id}`), {
      logger: silentLogger,
    });
    const intake = openIntake();
    await intake.accept(await parse(eventOf("one", { agent: { id: "first" } })), bench);
    await vi.waitFor(() => expect(told).toEqual(["agent first"]), 30_000);
    const flood = Array.from({ length: 50 }, (_, index) => eventOf(`f${index}`, { agent: { id: `flood-${index}` } }));
    await intake.accept(await parse(...flood), bench);
    await vi.waitFor(() => expect(told).toHaveLength(21), 30_000);
    const { rows } = await test.database.pool.query<{ n: string }>("select count(*) as n from agents");
    expect(rows).toEqual([{ n: "51" }]);
    await stop();
  });

  it("pages through stored events, newest first, with filters", async () => {
    const intake = openIntake();
    const events = Array.from({ length: 25 }, (_, i) => eventOf(`e${i}`, i % 5 === 0 ? { kind: "file" } : {}));
    await intake.accept(await parse(...events), bench);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await searchEvents({ ...test, clock }, { after, limit: 10 });
      seen.push(...page.items.map((event) => event.id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(seen).toEqual(events.map((event) => event.id).toReversed());
    expect(
      (await searchEvents({ ...test, clock }, { kind: ["file"], agent: "scout-1", pack: "research" })).items,
    ).toHaveLength(5);
    expect((await searchEvents({ ...test, clock }, { since: "2026-03-01T11:59:00.001Z" })).items).toHaveLength(0);
    await expect(searchEvents({ ...test, clock }, { after: "x" })).rejects.toMatchObject({ code: "bad_request" });
    await expect(searchEvents({ ...test, clock }, { session: "\u0000" })).rejects.toMatchObject({
      code: "bad_request",
    });
    await intake.close();
  });
});
