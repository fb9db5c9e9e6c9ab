import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNewId, silentLogger, systemClock } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createDetector } from "./index.ts";
import type { DetectedMatch, Detector } from "./index.ts";
import { openRulesHere } from "./testing.ts";

const MINUTE = 60_000;
const rule = (id: string, kind: string, timespan: string) => `title: ${id} base
id: ${id}-base
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { event_type: ${kind} }
  condition: s
level: low
---
title: ${id}
id: ${id}
correlation:
  type: event_count
  rules: [${id}-base]
  group-by: [agent.id]
  timespan: ${timespan}
  condition: { gte: 3 }
level: high
`;
let test: TestDatabase;
let rulesDir: string;
let detector: Detector;
let nowMs: number;
let found: DetectedMatch[];
let number = 0;
const clock: Clock = { now: () => nowMs, monotonicMs: () => systemClock.monotonicMs() };
const newId = createNewId(() => systemClock.now());

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  found = [];
  nowMs = Date.now() - 30 * 60 * MINUTE;
  rulesDir = await mkdtemp(join(tmpdir(), "firebreak-rules-"));
  await writeFile(join(rulesDir, "daily.yml"), rule("daily", "auth", "1d"));
  await test.database.pool.query(
    "truncate events, event_cursors, remembered_events; alter sequence events_seq restart",
  );
  await start();
});
afterEach(async () => {
  await detector.stop();
  await rm(rulesDir, { recursive: true });
});

async function start(): Promise<void> {
  detector = createDetector({
    database: test.database,
    liveRules: openRulesHere({ rulesDirs: [rulesDir] }),
    clock,
    logger: silentLogger,
    onMatches: async (_trx, matches) => void found.push(...matches),
  });
  await detector.start();
  await detector.drain();
}

async function restart(): Promise<void> {
  await detector.stop();
  await start();
}

async function send(kind: string): Promise<void> {
  const intake = createIntake({
    database: test.database,
    clock,
    newId,
    logger: silentLogger,
    onStored: (events) => detector.wake(events),
  });
  const event = { id: `r${(number += 1)}`, time: new Date(nowMs).toISOString(), agent: { id: "a" }, kind, data: {} };
  const batch = await parseEventBatch(Buffer.from(JSON.stringify(event)), "application/x-ndjson", nowMs);
  expect((await intake.accept(batch, { name: "test" })).accepted).toBe(1);
  await intake.close();
  await detector.drain();
}

async function rememberedSeqs(): Promise<number[]> {
  const { rows } = await test.database.pool.query<{ seq: string }>("select seq from remembered_events order by seq");
  return rows.map(({ seq }) => Number(seq));
}

const pass = (minutes: number) => void (nowMs += minutes * MINUTE);
const reported = () => found.map(({ match }) => match.ruleId);

describe("windows that are filled again", () => {
  it("reach back a day by the events that were remembered, and not by others", async () => {
    await send("auth");
    await send("command");
    pass(10 * 60);
    await send("auth");
    expect(await rememberedSeqs()).toEqual([1, 3]);
    pass(60);
    await send("command");
    await restart();
    await restart();
    await send("auth");
    expect(reported()).toEqual(["daily"]);
    expect(await rememberedSeqs()).toEqual([1, 3, 5]);
  });

  it("hold nothing older than the last hour but what was remembered", async () => {
    await send("auth");
    pass(120);
    await send("auth");
    await test.database.pool.query("delete from remembered_events where seq = 1");
    pass(60);
    await restart();
    await send("auth");
    expect(reported()).toEqual([]);
    await send("auth");
    expect(reported()).toEqual(["daily"]);
  });

  it("are those of rules that are new or changed, from all events, which are remembered from then on", async () => {
    await send("network");
    pass(120);
    await send("network");
    expect(await rememberedSeqs()).toEqual([]);
    await writeFile(join(rulesDir, "network.yml"), rule("network", "network", "6h"));
    await detector.reload();
    await send("command");
    expect(await rememberedSeqs()).toEqual([1, 2]);
    pass(60);
    await restart();
    await send("network");
    expect(reported()).toEqual(["network"]);
  });

  it("are forgotten when they have ended", async () => {
    await send("auth");
    pass(26 * 60);
    await send("auth");
    await send("auth");
    await restart();
    await send("auth");
    expect(reported()).toEqual(["daily"]);
    expect(found[0]?.match.eventIds).toHaveLength(3);
  });
});
