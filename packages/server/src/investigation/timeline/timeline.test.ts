import type { InvestigationEntry } from "@firebreak/protocol";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "../../audit/index.ts";
import { addNote, reportIncident } from "../../incidents/index.ts";
import { ada, createTestContext, daemon, insertAlert, NOON, openIncidentForAlert } from "../../incidents/testing.ts";
import type { TestContext } from "../../incidents/testing.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { getTimeline, markEntry, refreshImpact } from "../index.ts";
import type { TimelineQuery } from "../index.ts";
import { storeTestEvents } from "../testing.ts";
import type { GivenEvent } from "../testing.ts";
import { judgeClock } from "./clocks.ts";
import { comparePositions, formatCursor, parseCursor } from "./position.ts";

let testDatabase: TestDatabase;
let ctx: TestContext;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.close();
});
beforeEach(async () => {
  await testDatabase.database.pool.query(
    "truncate incidents, incident_counters, alerts, events, stops, receipts, evidence_archives, agent_sessions, audit_log cascade",
  );
  ctx = await createTestContext(testDatabase.database);
});

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

async function openIncident(agentId = "scout"): Promise<string> {
  const alertId = await insertAlert(ctx, { agentId });
  return (await openIncidentForAlert({ ...ctx, actor: daemon }, alertId)).incidentId;
}

async function readAll(incidentId: string, query: TimelineQuery = {}): Promise<InvestigationEntry[]> {
  const items: InvestigationEntry[] = [];
  let after: string | undefined;
  do {
    const page = await getTimeline(ctx, incidentId, { view: "all", limit: 500, ...query, after });
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items;
}

const telemetryOf = (items: readonly InvestigationEntry[]) => items.filter(({ source }) => source === "telemetry");

/** What one source saw, a second apart, with its clock wrong by so much. */
function wrongBy(skewMs: number, source: string, names: readonly string[], firstMs: number): GivenEvent[] {
  return names.map((name, index) => {
    const trueMs = firstMs + index * SECOND_MS;
    return { atMs: trueMs - skewMs, receivedMs: trueMs + 30, source, data: { command: name } };
  });
}

describe("E-7: one order out of every source", () => {
  test("a source whose clock is wrong is moved to where it belongs, and keeps the time it said", async () => {
    const start = NOON - 5 * MINUTE_MS;
    await storeTestEvents(testDatabase.database, [
      ...wrongBy(0, "agent", ["a0", "a1", "a2"], start),
      ...wrongBy(20 * MINUTE_MS, "behind", ["b0", "b1", "b2"], start + 500),
      ...wrongBy(-3 * 3_600_000, "ahead", ["c0", "c1", "c2"], start + 700),
    ]);
    const incidentId = await openIncident();
    const { clocks } = await getTimeline(ctx, incidentId, {});
    const items = telemetryOf(await readAll(incidentId));
    expect(items.map(({ text }) => text.replace("Command: ", ""))).toEqual([
      "a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2",
    ]); // prettier-ignore
    expect(items[1]).toMatchObject({
      at: new Date(start + 530).toISOString(),
      sourceTime: new Date(start + 500 - 20 * MINUTE_MS).toISOString(),
      receivedTime: new Date(start + 530).toISOString(),
      correctionMs: 20 * MINUTE_MS + 30,
    });
    expect(clocks).toEqual([
      {
        agentId: "scout",
        source: "agent",
        events: 3,
        lowMs: 30,
        medianMs: 30,
        highMs: 30,
        state: "in_step",
        correctionMs: 0,
      },
      expect.objectContaining({ source: "ahead", state: "corrected", correctionMs: -3 * 3_600_000 + 30 }),
      expect.objectContaining({ source: "behind", state: "corrected", correctionMs: 20 * MINUTE_MS + 30 }),
    ]);
  });

  test("a log that was read late is not taken for a wrong clock, and the timeline says so", async () => {
    const late = Array.from({ length: 20 }, (_, index) => ({
      atMs: NOON - 40 * MINUTE_MS + index * MINUTE_MS,
      receivedMs: NOON - SECOND_MS - index,
      source: "log",
      data: { command: `l${index}` },
    }));
    const atOnce = ["x", "y", "z"].map((command) => {
      return { atMs: NOON - 10 * MINUTE_MS, receivedMs: NOON - SECOND_MS, source: "spool", data: { command } };
    });
    await storeTestEvents(testDatabase.database, [...late, ...atOnce]);
    const incidentId = await openIncident();
    const { clocks } = await getTimeline(ctx, incidentId, {});
    expect(clocks.map(({ source, state, correctionMs }) => ({ source, state, correctionMs }))).toEqual([
      { source: "log", state: "unsteady", correctionMs: 0 },
      { source: "spool", state: "unsteady", correctionMs: 0 },
    ]);
    const gaps = (await readAll(incidentId)).filter(({ source }) => source === "gap");
    expect(gaps.map(({ kind }) => kind)).toEqual(["unsteady_clock", "unsteady_clock"]);
  });

  test("an event of the future stands at its receipt, and one that was backdated out of sight is told of", async () => {
    const honest = wrongBy(0, "agent", ["a0", "a1", "a2", "a3"], NOON - 5 * MINUTE_MS);
    const received = { receivedMs: NOON - 4 * MINUTE_MS, source: "agent" };
    await storeTestEvents(testDatabase.database, [
      ...honest,
      { ...received, atMs: NOON + 20 * 3_600_000, data: { command: "forged" } },
      { ...received, atMs: NOON - 20 * 3_600_000, data: { command: "backdated" } },
    ]);
    const incidentId = await openIncident();
    const items = await readAll(incidentId);
    expect(telemetryOf(items).at(-1)).toMatchObject({
      text: "Command: forged",
      at: new Date(NOON - 4 * MINUTE_MS).toISOString(),
      sourceTime: new Date(NOON + 20 * 3_600_000).toISOString(),
    });
    expect(items.filter(({ source }) => source === "gap").map(({ kind }) => kind)).toEqual(["from_future", "older"]);
  });

  test("a delay of the network alone moves nothing", () => {
    const delays = { events: 9, receipts: 9, lowMs: 5, medianMs: 900, highMs: 1_900 };
    expect(judgeClock(delays)).toEqual({ state: "in_step", correctionMs: 0 });
    expect(judgeClock({ ...delays, lowMs: -7_000, medianMs: -6_900, highMs: -6_000 })).toEqual({
      state: "corrected",
      correctionMs: -6_900,
    });
  });

  test("what agents did, what was recorded and what responders did stand together", async () => {
    await storeTestEvents(testDatabase.database, [
      { atMs: NOON - MINUTE_MS, kind: "file", data: { operation: "read", path: "/srv/a" } },
      { atMs: NOON - 2 * MINUTE_MS, outcome: "denied", data: { command: "rm -rf /" } },
    ]);
    const incidentId = await openIncident();
    await addStopWithReceipt(incidentId);
    await addSession();
    ctx.clock.advance(MINUTE_MS);
    await addNote(ctx, { id: incidentId, text: "Called the owner" });
    const items = await readAll(incidentId);
    expect(items.map(({ source, kind }) => `${source} ${kind}`)).toEqual([
      "session started",
      "gap lost_session",
      "telemetry command",
      "telemetry file",
      "state state",
      "state state",
      "alert alert",
      "stop proof",
      "note note",
    ]);
    expect(items.find(({ kind }) => kind === "proof")).toMatchObject({
      text: "scout: freeze verified_stopped after 41 ms, by cgroup frozen; receipt signed",
      links: [
        { kind: "stop", id: "stp_1" },
        { kind: "session", id: "ses_1" },
        { kind: "receipt", id: "stp_1" },
      ],
      actor: ada,
    });
    const curated = (await getTimeline(ctx, incidentId, {})).items.filter(({ source }) => source === "telemetry");
    expect(curated.map(({ text }) => text)).toEqual(["Command: rm -rf / (denied)"]);
  });

  test("silence of a source that beats, what was taken out and what is stored no more are marked", async () => {
    const beats = [0, 10, 20, 30, 200, 210].map((seconds) => {
      return { atMs: NOON - 10 * MINUTE_MS + seconds * SECOND_MS, kind: "heartbeat" as const, source: "supervisor" };
    });
    await storeTestEvents(testDatabase.database, [
      ...beats,
      {
        atMs: NOON - MINUTE_MS,
        data: { command: "echo [KEY:1]", redacted: "no fact of ours" },
        redacted: [{ category: "KEY", type: "github_token", path: "/data/command", count: 1 }],
      },
    ]);
    const incidentId = await openIncident();
    await testDatabase.database.pool.query("update alerts set event_ids = '[\"gone-1\"]'");
    const gaps = (await readAll(incidentId, { sources: ["gap"] })).map(({ kind, text }) => `${kind}: ${text}`);
    expect(gaps).toEqual([
      "silence: No heartbeat of supervisor for 170 s (it beats every 10 s): what scout did then may be missing",
      "redacted: From 1 event of scout secrets or personal data were taken out before they were stored",
      "deleted: 1 of 1 events that alerts cite are stored no more: gone-1",
    ]);
  });

  test("what the retention policy moved or deleted is marked, and what is of another time is not", async () => {
    const incidentId = await openIncident();
    const before = new Date(NOON - 30 * 24 * 3_600_000);
    const within = new Date(NOON - 30 * MINUTE_MS);
    const later = new Date(NOON + 3_600_000);
    const segment = {
      class: "events",
      pack: null,
      table_name: "events",
      tier: "warm",
      row_count: "70",
      bytes: "9",
      sha256: "0",
      created_at: later,
    } as const;
    await ctx.database.kysely
      .insertInto("archive_segments")
      .values([
        { id: "seg_1", file: "archive/warm/a.ndjson.gz", oldest: within, newest: later, ...segment },
        { id: "seg_2", file: "archive/warm/b.ndjson.gz", oldest: before, newest: before, ...segment },
      ])
      .execute();
    const notice = {
      class: "debug",
      pack: null,
      row_count: "5",
      announced_at: later,
      due_at: later,
      state: "done",
      deleted: "5",
    } as const;
    await ctx.database.kysely
      .insertInto("retention_notices")
      .values([
        { id: "ntc_1", covers_before: within, ...notice },
        { id: "ntc_2", covers_before: before, ...notice },
      ])
      .execute();
    const gaps = (await readAll(incidentId, { sources: ["gap"] })).map(({ kind, text }) => `${kind}: ${text}`);
    expect(gaps).toContain(
      "archived: 70 rows of telemetry of this time lie in the archive (archive/warm/a.ndjson.gz) and are not shown; some may be of these agents",
    );
    expect(gaps.filter((text) => /^(?:archived|deleted)/.test(text))).toHaveLength(2);
    await testDatabase.database.pool.query("truncate archive_segments, retention_notices");
  });

  test("an incident without an agent says that it has no telemetry", async () => {
    const { id } = await reportIncident(ctx, { title: "Strange bill", severity: 3, type: "other" });
    const { items, events } = await getTimeline(ctx, id, {});
    expect(events).toBe(0);
    expect(items.filter(({ source }) => source === "gap").map(({ kind }) => kind)).toEqual(["no_agent"]);
    await expect(getTimeline(ctx, "INC-1999-0001", {})).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("E-7: pages", () => {
  test("hold every entry once, in order, in both directions, whatever the clocks and the size of a page", async () => {
    const event = fc.record({
      source: fc.constantFrom("a", "b", "c"),
      secondsBefore: fc.integer({ min: 1, max: 120 }),
      risk: fc.constantFrom("low" as const, "critical" as const),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 24 }),
        fc.record({ b: fc.constantFrom(0, 600_000), c: fc.constantFrom(0, -7_200_000) }),
        fc.integer({ min: 3, max: 9 }),
        async (events, skews, limit) => {
          run += 1;
          const agent = `agent-${run}`;
          await storeTestEvents(
            testDatabase.database,
            events.map(({ source, secondsBefore, risk }, index) => {
              const trueMs = NOON - secondsBefore * SECOND_MS;
              const atMs = trueMs - (source === "a" ? 0 : skews[source === "b" ? "b" : "c"]);
              return { atMs, receivedMs: trueMs + (index % 3), source, agent, risk };
            }),
          );
          const incidentId = await openIncident(agent);
          for (const view of ["all", "curated"] as const) {
            const whole = await readAll(incidentId, { view });
            const small = await readAll(incidentId, { view, limit });
            const backwards = await readAll(incidentId, { view, limit, order: "newest" });
            expect(small).toEqual(whole);
            expect(backwards).toEqual(whole.toReversed());
            expect(whole.map(({ at }) => at)).toEqual(whole.map(({ at }) => at).toSorted());
            expect(new Set(whole.map(({ ref }) => ref)).size).toBe(whole.length);
          }
          expect(telemetryOf(await readAll(incidentId))).toHaveLength(events.length);
        },
      ),
      { numRuns: 6 },
    );
  });

  test("go on among the events that were there when the first was read", async () => {
    const at = (seconds: number): GivenEvent => ({
      atMs: NOON - seconds * SECOND_MS,
      data: { command: `c${seconds}` },
    });
    await storeTestEvents(testDatabase.database, [at(30), at(20)]);
    const incidentId = await openIncident();
    const first = await getTimeline(ctx, incidentId, { view: "all", limit: 1 });
    await storeTestEvents(testDatabase.database, [at(25)]);
    const rest = await getTimeline(ctx, incidentId, { view: "all", after: first.next ?? "" });
    expect(telemetryOf([...first.items, ...rest.items]).map(({ text }) => text)).toEqual([
      "Command: c30",
      "Command: c20",
    ]);
    expect(telemetryOf(await readAll(incidentId))).toHaveLength(3);
  });

  test("a position is read as it was written, and anything else is refused", () => {
    const id = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 17n }).map(String), fc.string({ maxLength: 100 }));
    const cursor = fc.record({ lastSeq: fc.nat().map(String), atMs: fc.integer(), rank: fc.nat(6), id });
    fc.assert(
      fc.property(cursor, (one) => {
        expect(parseCursor(formatCursor(one))).toEqual(one);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(cursor, cursor, (one, other) => {
        expect(Math.sign(comparePositions(one, other))).toBe(-Math.sign(comparePositions(other, one)) + 0);
      }),
      { numRuns: 50 },
    );
    for (const text of ["", "x", "e30", Buffer.from('["1",1e300,0,""]').toString("base64url")]) {
      expect(() => parseCursor(text)).toThrow(/next/);
    }
  });
});

describe("E-7: the curated view", () => {
  test("shows the events behind what the impact says of credentials, outflow and traces", async () => {
    await storeTestEvents(testDatabase.database, [
      { atMs: NOON - 3 * MINUTE_MS, data: { command: "ls" } },
      { atMs: NOON - 2 * MINUTE_MS, data: { command: "cat ~/.ssh/id_rsa" } },
    ]);
    const incidentId = await openIncident();
    await refreshImpact(ctx, incidentId);
    const curated = telemetryOf((await getTimeline(ctx, incidentId, {})).items);
    expect(curated.map(({ text }) => text)).toEqual(["Command: cat ~/.ssh/id_rsa"]);
  });

  test("pins, hides and notes are records of their own; the entry stays as it is", async () => {
    await storeTestEvents(testDatabase.database, [{ atMs: NOON - MINUTE_MS, data: { command: "ls" } }]);
    const incidentId = await openIncident();
    const [event] = telemetryOf(await readAll(incidentId));
    const ref = event?.ref ?? "";
    const curated = async () => (await getTimeline(ctx, incidentId, {})).items;
    expect(telemetryOf(await curated())).toEqual([]);
    await markEntry(ctx, incidentId, { ref, act: "pin" });
    await markEntry(ctx, incidentId, { ref, act: "pin" });
    await markEntry(ctx, incidentId, { ref, act: "annotate", text: "<script>alert(1)</script>" });
    const pinned = telemetryOf(await curated());
    expect(pinned).toEqual([
      {
        ...event,
        pinned: true,
        annotations: [{ text: "<script>alert(1)</script>", actor: ada, at: expect.any(String) }],
      },
    ]);
    const [note] = (await curated()).filter(({ source }) => source === "alert");
    await markEntry(ctx, incidentId, { ref: note?.ref ?? "", act: "hide", text: "noise" });
    await markEntry(ctx, incidentId, { ref, act: "hide" });
    expect((await curated()).map(({ ref: shown }) => shown)).not.toContain(note?.ref);
    expect(telemetryOf(await curated())).toEqual([]);
    const whole = await readAll(incidentId);
    expect(whole.find((one) => one.ref === note?.ref)).toEqual({ ...note, hidden: true });
    await markEntry(ctx, incidentId, { ref, act: "unhide" });
    expect(telemetryOf(await curated())).toEqual(pinned);
    const acts = (await listAudit(ctx.database.kysely)).filter(({ action }) => action === "timeline.mark");
    expect(acts.map(({ leaf }) => /"act":"(\w+)"/.exec(leaf)?.[1])).toEqual([
      "pin",
      "annotate",
      "hide",
      "hide",
      "unhide",
    ]);
  });

  test.each(["event:999999999", "event:x", "record:1 or 1=1", "nothing:1", "gap:\u0000"])("refuses %j", async (ref) => {
    const incidentId = await openIncident();
    await expect(markEntry(ctx, incidentId, { ref, act: "pin" })).rejects.toMatchObject({ code: "not_found" });
  });
});

async function addStopWithReceipt(incidentId: string): Promise<void> {
  const at = new Date(NOON + 100);
  const results = [
    { sessionId: "ses_1", agentId: "scout", pack: null, level: "freeze", state: "verified_stopped", elapsedMs: 41, proof: "cgroup frozen", processes: 2, remaining: [] },
  ]; // prettier-ignore
  await ctx.database.kysely
    .insertInto("stops")
    .values({
      id: "stp_1",
      hold: JSON.stringify({ actor: ada }),
      hold_id: "hld_1",
      incident_id: incidentId,
      requested_at: at,
      completed_at: at,
      verified: true,
      results: JSON.stringify(results),
    })
    .execute();
  await ctx.database.kysely
    .insertInto("receipts")
    .values({ id: "stp_1", kind: "stop", at, summary: "{}", signed: "{}" })
    .execute();
}

async function addSession(): Promise<void> {
  await ctx.database.kysely
    .insertInto("agent_sessions")
    .values({
      id: "ses_1",
      agent_id: "scout",
      host: "build-7",
      supervisor_pid: 4,
      command: JSON.stringify(["node", "agent.js"]),
      state: "lost",
      started_at: new Date(NOON - 50 * MINUTE_MS),
      last_heartbeat_at: new Date(NOON - 40 * MINUTE_MS),
    })
    .execute();
}
