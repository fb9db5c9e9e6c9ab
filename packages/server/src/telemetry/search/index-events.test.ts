import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import {
  countOverTime,
  countValues,
  countUnindexed,
  createIntake,
  deleteEvents,
  indexEvents,
  parseEventBatch,
  searchEvents,
} from "../index.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const clock = createManualClock(NOW_MS);
const newId = createNewId(() => clock.now());

const servers = ["default", "distribution"] as const;

describe.each(servers)("E-5: the index of events, on the %s server", (server) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase({ server });
  });
  afterAll(() => test.close());

  const send = async (events: readonly object[]) => {
    const intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, onStored: () => {} });
    const lines = events.map((event) => JSON.stringify(event)).join("\n");
    await intake.accept(await parseEventBatch(Buffer.from(lines), "application/x-ndjson", NOW_MS), { name: "test" });
    await intake.close();
  };
  const indexAll = async () => {
    let total = 0;
    for (let pass = await indexEvents(test, 1); pass.events + pass.blocks > 0; pass = await indexEvents(test, 1))
      total += pass.events;
    return total;
  };
  const count = async (query: string) => Number((await test.database.pool.query<{ n: string }>(query)).rows[0]?.n);

  it("lays each event into one block and counts it once, also when passes of two nodes meet", async () => {
    const days = ["2026-02-01", "2026-02-27", "2026-02-28"];
    const events = Array.from({ length: 1_500 }, (_, index) => ({
      id: `e${index}`,
      time: `${days[index % 3]}T10:00:${String(index % 60).padStart(2, "0")}Z`,
      agent: { id: `agent-${index % 7}` },
      kind: "log",
      data: { text: "x".repeat(index % 100 === 0 ? 90_000 : 10) },
    }));
    await send(events);
    await Promise.all(Array.from({ length: 4 }, () => indexEvents(test, 1)));
    await indexAll();
    expect(await count("select sum(events) as n from event_blocks")).toBe(1_500);
    expect(await count("select max(bytes) as n from event_blocks")).toBeLessThan(192 * 1024 + 92_000);
    for (const step of ["minute", "hour", "day"])
      expect(await count(`select sum(events) as n from event_counts where step = '${step}'`)).toBe(1_500);
    const belongs = "seq between first_seq and last_seq and (time at time zone 'UTC')::date = day";
    expect(
      await count(`select count(*) as n from events where (select count(*) from event_blocks where ${belongs}) = 1`),
    ).toBe(1_500);
    expect(
      await count(
        "select count(*) as n from event_blocks where first_seq not in (select first_seq from event_signatures)",
      ),
    ).toBe(0);
  });

  it("puts signatures together into segments that name every block", async () => {
    const { pool } = test.database;
    // each of its own day, and so in its own block
    await send(
      Array.from({ length: 270 }, (_, round) => ({
        id: `n${round}`,
        time: new Date(Date.parse("2025-01-01T00:00:00Z") + round * 86_400_000).toISOString(),
        agent: { id: "a" },
        kind: "log",
        data: { text: `needle${round}x7` },
      })),
    );
    await indexAll();
    expect(await count("select count(*) as n from event_segments")).toBe(1);
    expect(await count("select count(*) as n from event_signatures")).toBeLessThan(256);
    expect(await count("select count(*) as n from event_blocks")).toBeGreaterThanOrEqual(270);
    for (const round of [0, 100, 255, 269]) {
      const found = await searchEvents({ ...test, clock }, { text: `needle${round}x7` });
      expect(found.items.map(({ data }) => data)).toEqual([{ text: `needle${round}x7` }]);
    }
    await pool.query("delete from event_blocks where first_seq not in (select unnest(blocks) from event_segments)");
    expect((await searchEvents({ ...test, clock }, { text: "needle269x7" })).items).toHaveLength(0);
  });

  it("keeps its numbers right when events are deleted, counted already or not", async () => {
    const { database } = test;
    const times = { fromMs: Date.parse("2024-05-01T00:00:00Z"), toMs: Date.parse("2024-05-01T23:00:00Z") };
    const eventsOf = (from: number) =>
      Array.from({ length: 10 }, (_, n) => ({
        id: `d${from + n}`,
        time: `2024-05-01T10:00:0${n}Z`,
        agent: { id: "gone" },
        kind: "log",
      }));
    await send(eventsOf(0));
    await indexAll();
    await send(eventsOf(10));
    const { rows } = await database.pool.query<{ seq: string }>(
      "select seq from events where agent_id = 'gone' order by seq",
    );
    const seqs = rows.map(({ seq }) => seq);
    const deleted = await inTransaction(database, (trx) =>
      deleteEvents(trx, [...seqs.slice(0, 4), ...seqs.slice(17)], times),
    );
    expect(deleted).toBe(7);
    const period = { since: "2024-05-01T00:00:00Z", until: "2024-05-03T00:00:00Z" };
    const ask = () => countValues({ ...test, clock }, { ...period, top: 5 });
    expect((await ask()).agent).toEqual([{ value: "gone", count: 13 }]);
    await indexAll();
    expect((await ask()).agent).toEqual([{ value: "gone", count: 13 }]);
    expect((await countOverTime({ ...test, clock }, { ...period, buckets: 10 })).total).toBe(13);
    await inTransaction(database, (trx) => deleteEvents(trx, seqs, times));
    expect((await ask()).total).toBe(0);
    expect(await count("select count(*) as n from event_blocks where day = '2024-05-01'")).toBe(0);
  });

  it("waits until there is enough for a block", async () => {
    await send([{ agent: { id: "a" }, kind: "log" }]);
    expect(await indexEvents(test)).toEqual({ events: 0, blocks: 0 });
    expect(await countUnindexed(test)).toBeGreaterThan(0);
    expect(await indexEvents(test, 1)).toEqual({ events: 1, blocks: 1 });
    expect(await countUnindexed(test)).toBe(0);
  });
});
