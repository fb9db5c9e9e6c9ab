import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Clock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createDetector } from "./index.ts";
import type { DetectedMatch, Detector } from "./index.ts";
import { openRulesHere } from "./testing.ts";

const MINUTE = 60_000;
const SILENCE = "77777777-7777-4777-8777-777777777771";
const rule = (extra = "") => `title: Beat
id: 77777777-7777-4777-8777-777777777770
name: beat
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { event_type: heartbeat }
  condition: s
level: low
---
title: Heartbeat missed
id: ${SILENCE}
correlation:
  type: firebreak.absence
  rules: [beat]
  group-by: [agent.id]
  timespan: 10m
${extra}level: high
`;
const redactor = createRedactor(DEFAULT_REDACTION);
let test: TestDatabase;
let rulesDir: string;
let detectors: Detector[];
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
  detectors = [];
  found = [];
  nowMs = Date.now() - 600 * MINUTE;
  rulesDir = await mkdtemp(join(tmpdir(), "firebreak-rules-"));
  await writeFile(join(rulesDir, "rule.yml"), rule());
  await test.database.pool.query(
    "truncate events, event_cursors, rule_watches, remembered_events; alter sequence events_seq restart",
  );
});
afterEach(async () => {
  await Promise.all(detectors.map((detector) => detector.stop()));
  await rm(rulesDir, { recursive: true });
});

async function startDetector(onMatches?: (matches: readonly DetectedMatch[]) => void): Promise<Detector> {
  const detector = createDetector({
    database: test.database,
    liveRules: openRulesHere({ rulesDirs: [rulesDir] }),
    clock,
    logger: silentLogger,
    onMatches: async (_trx, matches) => {
      onMatches?.(matches);
      found.push(...matches);
    },
  });
  detectors.push(detector);
  await detector.start();
  await detector.drain();
  return detector;
}

async function beat(detector: Detector, agent: string, timeMs = nowMs): Promise<void> {
  const intake = createIntake({
    database: test.database,
    clock,
    newId,
    logger: silentLogger,
    redactor,
    onStored: (events) => detector.wake(events),
  });
  const event = {
    id: `b${(number += 1)}`,
    time: new Date(timeMs).toISOString(),
    agent: { id: agent },
    kind: "heartbeat",
  };
  const batch = await parseEventBatch(Buffer.from(JSON.stringify(event)), "application/x-ndjson", nowMs);
  expect((await intake.accept(batch, { name: "test" })).accepted).toBe(1);
  await intake.close();
  await detector.drain();
}

/** Lets the clock go on, and detection look at it. */
async function pass(detector: Detector, minutes: number): Promise<void> {
  nowMs += minutes * MINUTE;
  await detector.drain();
}

const missed = () => found.map(({ match }) => match.groupBy?.["agent.id"]);

describe("D-6: detection of what did not happen", () => {
  it("tells of a missed heartbeat although no event comes, a minute after its time", async () => {
    const detector = await startDetector();
    await pass(detector, 6);
    await beat(detector, "scout");
    await pass(detector, 10);
    expect(missed()).toEqual([]);
    expect(detector.status()).toMatchObject({ passedMs: nowMs - MINUTE });
    await pass(detector, 1);
    expect(found).toMatchObject([
      {
        event: undefined,
        match: { ruleId: SILENCE, eventIds: [expect.any(String)], groupBy: { "agent.id": "scout" } },
      },
    ]);
    await pass(detector, 100);
    expect(missed()).toEqual(["scout"]);
  });

  it("tells of it by the events of others, without a pause in between", async () => {
    const detector = await startDetector();
    await pass(detector, 6);
    await beat(detector, "scout");
    for (let at = 0; at < 4; at++) {
      nowMs += 4 * MINUTE;
      await beat(detector, "other");
    }
    expect(missed()).toEqual(["scout"]);
  });

  it("has each effect once through restarts at any moment, and loses none", async () => {
    for (const stopAfter of [1, 10, 11, 12, 30]) {
      found = [];
      const first = await startDetector();
      await pass(first, 6);
      const agent = `agent-${stopAfter}`;
      await beat(first, agent);
      await pass(first, stopAfter);
      await first.stop();
      const second = await startDetector();
      await pass(second, 40);
      await pass(second, 40);
      await second.stop();
      expect(missed().filter((one) => one === agent)).toEqual([agent]);
    }
  });

  it("tells of it once when the transaction fails at first", async () => {
    let failures = 2;
    const detector = await startDetector(() => {
      if ((failures -= 1) >= 0) throw new Error("not this time");
    });
    await pass(detector, 6);
    await beat(detector, "scout");
    await pass(detector, 20);
    expect(failures).toBe(-1);
    expect(missed()).toEqual(["scout"]);
  });

  it("does not take for silence what senders kept while the server was away", async () => {
    const first = await startDetector();
    await pass(first, 6);
    await beat(first, "scout");
    await first.stop();
    nowMs += 60 * MINUTE;
    const second = await startDetector();
    await pass(second, 1);
    for (let ago = 56; ago >= 2; ago -= 9) await beat(second, "scout", nowMs - ago * MINUTE);
    await pass(second, 6);
    expect(missed()).toEqual([]);
    await pass(second, 20);
    expect(missed()).toEqual(["scout"]);
  });

  it("waits for agents that the rule names, from the moment the rule was there, through restarts", async () => {
    await writeFile(join(rulesDir, "rule.yml"), rule("  expect: [scout, ghost]\n"));
    const first = await startDetector();
    await pass(first, 6);
    await beat(first, "scout");
    await first.stop();
    const second = await startDetector();
    await pass(second, 6);
    expect(missed()).toEqual(["ghost"]);
    await second.stop();
    const third = await startDetector();
    await pass(third, 30);
    expect(missed()).toEqual(["ghost", "scout"]);
    await writeFile(
      join(rulesDir, "more.yml"),
      rule("  expect: [new]\n")
        .replaceAll("7777-7777", "8888-7777")
        .replace("name: beat", "name: beat2")
        .replace("[beat]", "[beat2]"),
    );
    await third.reload();
    await pass(third, 5);
    expect(missed()).toEqual(["ghost", "scout"]);
    await pass(third, 10);
    expect(missed()).toEqual(["ghost", "scout", "new"]);
  });

  it("is told by one of two nodes that both wait for it, and by the other when that one is gone", async () => {
    const first = await startDetector();
    await pass(first, 6);
    await beat(first, "scout");
    await pass(first, 5);
    await beat(first, "tail");
    await first.stop();
    const nodes = [await startDetector(), await startDetector()];
    nowMs += 8 * MINUTE;
    await Promise.all(nodes.map((node) => node.drain()));
    expect(missed()).toEqual(["scout"]);
    const states = nodes.map((node) => node.status().state);
    expect(states.toSorted((left, right) => left.localeCompare(right))).toEqual(["active", "standby"]);
    await nodes[states.indexOf("active")]?.stop();
    nowMs += 20 * MINUTE;
    await expect.poll(missed, { timeout: 30_000 }).toEqual(["scout", "tail"]);
  });
});
