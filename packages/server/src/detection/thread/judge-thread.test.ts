import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, parseEventBatch } from "../../telemetry/index.ts";
import { createDetector, judgeInThread, LiveRules } from "../index.ts";
import type { DetectedMatch, Detector } from "../index.ts";
import type { JudgeThreadOptions } from "./judge-thread.ts";

const RULES = `title: Each
id: each
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|contains: tick }
  condition: s
level: low
---
title: Tick
id: tick
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|contains: tick }
  condition: s
level: low
---
title: Burst
id: burst
correlation:
  type: event_count
  rules: [tick]
  group-by: [agent.id]
  timespan: 10m
  condition: { gte: 8 }
level: high
`;
const DEADLY = `title: Deadly
id: deadly
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command: never }
  condition: s
level: low
`;
const newId = createNewId(() => systemClock.now());
let test: TestDatabase;
let place: string;
let workerFile: string;
let detectors: Detector[];
let found: DetectedMatch[];
let number = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  place = await mkdtemp(join(tmpdir(), "firebreak-judge-"));
  workerFile = bundleEntry(join(import.meta.dirname, "test-programs/hostile-judge.ts"), join(place, "judge.mjs"));
});
afterAll(async () => {
  await rm(place, { recursive: true });
  await test.close();
});
beforeEach(async () => {
  detectors = [];
  found = [];
  await writeFile(join(place, "rules.yml"), RULES);
  await test.database.pool.query(
    "truncate events, event_cursors, remembered_events; alter sequence events_seq restart",
  );
});
afterEach(() => Promise.all(detectors.map((detector) => detector.stop())));

async function startDetector(options: JudgeThreadOptions = {}): Promise<Detector> {
  const openJudge = judgeInThread({ workerFile, ...options });
  const detector = createDetector({
    database: test.database,
    liveRules: new LiveRules({ rulesDirs: [join(place, "rules.yml")], openJudge }),
    clock: systemClock,
    logger: silentLogger,
    onMatches: async (_trx, matches) => void found.push(...matches),
  });
  detectors.push(detector);
  await detector.start();
  return detector;
}

async function send(detector: Detector, commands: readonly string[]): Promise<void> {
  const onStored = () => detector.wake();
  const intake = createIntake({ database: test.database, clock: systemClock, newId, logger: silentLogger, onStored });
  const lines = commands.map((command) =>
    JSON.stringify({
      id: `h${(number += 1)}`,
      time: new Date(systemClock.now()).toISOString(),
      agent: { id: "a" },
      kind: "command",
      data: { command },
    }),
  );
  const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", systemClock.now());
  expect((await intake.accept(batch, { name: "test" })).accepted).toBe(commands.length);
  await intake.close();
}

/** @returns the numbers of the events that the rule on each of them found */
const judged = () => found.filter(({ match }) => match.ruleId === "each").map(({ event }) => event?.seq);
const reported = (ruleId: string) => found.filter(({ match }) => match.ruleId === ruleId);
const sentencesOf = (ruleId: string) => reported(ruleId).map(({ match }) => match.sentence);

describe("a thread that ends while it judges", () => {
  it("is followed by one that judges each event once, with the windows of before, and an alert tells of it", async () => {
    const detector = await startDetector();
    await send(detector, ["tick", "tick", "tick"]);
    await detector.drain();
    await send(detector, ["tick", `exit-once ${join(place, "once")}`, "tick", "tick"]);
    await detector.drain();
    await send(detector, ["tick"]);
    await detector.drain();
    expect(judged()).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect(reported("burst")).toHaveLength(0);
    await send(detector, ["tick"]);
    await detector.drain();
    expect(reported("burst")).toHaveLength(1);
    expect(sentencesOf("firebreak_judging_restarted")).toEqual([expect.stringContaining("ended with code 3")]);
    expect(detector.status()).toMatchObject({ state: "active", restarts: 1, unjudged: 0, problem: null, position: 9 });
  });

  it("passes over the event that ended two of them, judges those around it, and names it", async () => {
    const detector = await startDetector();
    await send(detector, ["tick", "exit", "tick", "exit", "tick"]);
    await detector.drain();
    expect(judged()).toEqual([1, 3, 5]);
    expect(sentencesOf("firebreak_event_unjudged")).toEqual([
      expect.stringMatching(/event number 2 ended .* events show 2$/),
      expect.stringMatching(/event number 4 ended .* events show 4$/),
    ]);
    expect(detector.status()).toMatchObject({ restarts: 4, unjudged: 2, problem: null });
    await detector.stop();
    // a server that starts does not know of it, and meets it again when it fills its windows
    const next = await startDetector();
    await send(next, ["tick", "tick", "tick", "tick", "tick"]);
    await next.drain();
    expect(judged()).toEqual([1, 3, 5, 6, 7, 8, 9, 10]);
    expect(reported("burst")).toHaveLength(1);
  });

  it("is ended when one event takes too long, while the server's thread goes on", async () => {
    const detector = await startDetector({ eventMsMax: 500 });
    await send(detector, ["tick", "hang", "tick"]);
    let turns = 0;
    await expect.poll(() => (turns += 1) > 20 && judged().length, { interval: 5, timeout: 50_000 }).toBe(2);
    await detector.drain();
    expect(judged()).toEqual([1, 3]);
    expect(sentencesOf("firebreak_event_unjudged")).toEqual([expect.stringContaining("took longer than 0.5 s")]);
  });

  it("may run out of memory, and takes the server with it no more than anything else", async () => {
    const detector = await startDetector({ memoryMb: 40 });
    await send(detector, ["tick", "fill", "tick"]);
    await detector.drain();
    expect(judged()).toEqual([1, 3]);
    expect(sentencesOf("firebreak_event_unjudged")).toEqual([expect.stringMatching(/event number 2 .*memory/)]);
  });

  it("goes on after an event that a fault of ours concerns", async () => {
    const detector = await startDetector();
    await send(detector, ["tick", "throw", "tick"]);
    await detector.drain();
    expect(judged()).toEqual([1, 3]);
    expect(detector.status()).toMatchObject({ restarts: 0, unjudged: 0 });
  });
});

describe("D-4: rules that end the thread that reads them", () => {
  it("are refused once; those in force judge on, and mended ones take their place", async () => {
    const detector = await startDetector();
    await send(detector, ["tick"]);
    await detector.drain();
    await writeFile(join(place, "rules.yml"), `${RULES}---\n${DEADLY}`);
    await expect(detector.reloadIfChanged()).rejects.toThrow(/could not be loaded.*stay in force/);
    await detector.reloadIfChanged();
    await send(detector, ["tick"]);
    await detector.drain();
    expect(judged()).toEqual([1, 2]);
    expect(detector.status()).toMatchObject({ state: "active", restarts: 1 });
    await writeFile(join(place, "rules.yml"), RULES.replaceAll("tick }", "tock }"));
    await detector.reloadIfChanged();
    await send(detector, ["tick", "tock"]);
    await detector.drain();
    expect(judged()).toEqual([1, 2, 4]);
  });
});
