import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createDetector, judgeInThread, LiveRules } from "./index.ts";
import type { Detector, DetectorOptions } from "./index.ts";
import type { LiveRulesOptions } from "./live-rules.ts";

const DESTRUCTIVE = "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3f8b01";
const RATE = "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3f8a02";
const SHIPPED_RULES = ["command-rate-rogue.yml", "destructive-command.yml"].map((name) =>
  fileURLToPath(new URL(`../../../../rules/agent/${name}`, import.meta.url)),
);
const redactor = createRedactor(DEFAULT_REDACTION);
const newId = createNewId(() => systemClock.now());
let test: TestDatabase;
let rulesDir: string;
let workerDir: string;
let workerFile: string;
let detectors: Detector[];
let number = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.pool.query("create table effects (rule text, event text)");
  rulesDir = await mkdtemp(join(tmpdir(), "firebreak-rules-"));
  workerDir = await mkdtemp(join(tmpdir(), "firebreak-judge-"));
  workerFile = bundleEntry(join(import.meta.dirname, "thread/main.ts"), join(workerDir, "judge.mjs"));
});
afterAll(async () => {
  await rm(rulesDir, { recursive: true });
  await rm(workerDir, { recursive: true });
  await test.close();
});
beforeEach(async () => {
  detectors = [];
  await test.database.pool.query(
    "truncate events, event_cursors, remembered_events, effects; alter sequence events_seq restart",
  );
});
afterEach(() => Promise.all(detectors.map((detector) => detector.stop())));

async function startDetector({
  rulesDirs = SHIPPED_RULES,
  placeholders = {},
  ...options
}: Partial<DetectorOptions & Omit<LiveRulesOptions, "openJudge">> = {}): Promise<Detector> {
  const detector = createDetector({
    database: test.database,
    liveRules: new LiveRules({ rulesDirs, placeholders, openJudge: judgeInThread({ workerFile }) }),
    clock: systemClock,
    logger: silentLogger,
    onMatches: async (trx, found) => {
      for (const { match, event } of found) {
        await trx.insertInto(sqlTable("effects")).values({ rule: match.ruleId, event: event?.id }).execute();
      }
    },
    ...options,
  });
  detectors.push(detector);
  await detector.start();
  return detector;
}

/** The test's own table is not in the schema's types. */
function sqlTable(name: string): never {
  return name as never;
}

async function send(commands: readonly string[], detector?: Detector, agent = "scout-1", startMs = systemClock.now()) {
  const intake = createIntake({
    database: test.database,
    clock: systemClock,
    newId,
    logger: silentLogger,
    redactor,
    onStored: (events) => detector?.wake(events),
  });
  const lines = commands.map((command, index) => {
    const time = new Date(startMs + index).toISOString();
    return JSON.stringify({ id: `e${(number += 1)}`, time, agent: { id: agent }, kind: "command", data: { command } });
  });
  const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", systemClock.now());
  expect((await intake.accept(batch, { name: "test" })).accepted).toBe(commands.length);
  await intake.close();
}

async function readEffects(): Promise<string[]> {
  const { rows } = await test.database.pool.query<{ rule: string }>("select rule from effects order by rule, event");
  return rows.map((row) => row.rule);
}

const harmless = (count: number) => Array.from({ length: count }, () => "ls");

describe("the detector", () => {
  it("judges what the intake hands over within milliseconds of the commit, each event once", async () => {
    const detector = await startDetector();
    await detector.drain();
    await send(["ls", "rm -rf /srv", "ls"], detector);
    await expect.poll(readEffects, { interval: 2, timeout: 20_000 }).toEqual([DESTRUCTIVE]);
    await detector.drain();
    expect(await readEffects()).toEqual([DESTRUCTIVE]);
    expect(detector.status()).toMatchObject({ state: "active", position: 3, durablePosition: 3 });
  });

  it("judges what was stored while it was down, and what other nodes store", async () => {
    await send(["rm -rf /a"]);
    const detector = await startDetector();
    await detector.drain();
    expect(await readEffects()).toHaveLength(1);
    await send(["rm -rf /b"]);
    await expect.poll(readEffects, { timeout: 20_000 }).toHaveLength(2);
  });

  it("lets no more be stored while it is far behind, and the alert of what is stored comes soon", async () => {
    const detector = await startDetector();
    await detector.drain();
    await send([...harmless(6_000), "rm -rf /late"], detector);
    await detector.keepPace();
    expect(detector.status().position).toBeGreaterThanOrEqual(1_001);
    await detector.drain();
    await detector.keepPace();
    expect(await readEffects()).toContain(DESTRUCTIVE);
  });

  it("goes on in order when the handed-over batches have gaps", async () => {
    const detector = await startDetector();
    await send(["rm -rf /unseen"]);
    await send(["rm -rf /seen"], detector);
    await test.database.pool.query("select nextval('events_seq')");
    await send(["rm -rf /after-a-gap"], detector);
    await detector.drain();
    expect(await readEffects()).toHaveLength(3);
  });

  it("C-2: sees a burst of more than 100 commands that a restart cuts in two", async () => {
    const first = await startDetector();
    await send(harmless(60), first);
    await first.drain();
    await first.stop();
    const second = await startDetector();
    await send(harmless(40), second);
    await second.drain();
    expect(await readEffects()).toEqual([]);
    await send(harmless(1), second);
    await second.drain();
    expect(await readEffects()).toEqual([RATE]);
    await second.stop();
    const third = await startDetector();
    await send(harmless(20), third);
    await third.drain();
    expect(await readEffects()).toEqual([RATE]);
  });

  it("D-4: rules read again in the middle of a burst lose no progress and judge no event twice or never", async () => {
    const place = await mkdtemp(join(tmpdir(), "firebreak-reload-"));
    const each =
      "title: Each\nid: each\nlogsource: { product: ai_agent }\ndetection:\n  s: { command|contains: tick }\n  condition: s\n";
    const burst = `title: Tick\nid: tick\nlogsource: { product: ai_agent }\ndetection:\n  s: { command|contains: tick }\n  condition: s\n---\ntitle: Burst\nid: burst\ncorrelation:\n  type: event_count\n  rules: [tick]\n  group-by: [agent.id]\n  timespan: 10m\n  condition: { gte: 300 }\n`;
    await writeFile(join(place, "each.yml"), each);
    await writeFile(join(place, "burst.yml"), burst);
    const detector = await startDetector({ rulesDirs: [place] });
    const sending = new AbortController();
    let rounds = 0;
    const reloading = (async () => {
      for (; !sending.signal.aborted; rounds++) {
        await writeFile(join(place, "each.yml"), `${each}# ${rounds}\n`);
        await detector.reloadIfChanged();
      }
    })();
    const texts = Array.from({ length: 301 }, (_, index) => `tick ${index}`);
    for (let at = 0; at < texts.length; at += 7) {
      await send(texts.slice(at, at + 7), detector);
      await expect.poll(() => rounds, { timeout: 20_000 }).toBeGreaterThanOrEqual(Math.floor(at / 98));
    }
    sending.abort();
    await reloading;
    await detector.drain();
    const { rows } = await test.database.pool.query<{ rule: string; event: string }>("select rule, event from effects");
    const judged = rows.filter(({ rule }) => rule === "each").map(({ event }) => event);
    expect(judged).toHaveLength(301);
    expect(new Set(judged).size).toBe(301);
    expect(rows.filter(({ rule }) => rule === "burst")).toHaveLength(1);
    await rm(place, { recursive: true });
  });

  it("has each effect once when it ends without a flush at any moment", async () => {
    for (let round = 0; round < 10; round++) {
      const detector = await startDetector();
      await send(["ls", "rm -rf /x", "ls", "ls"], detector, `agent-${round}`);
      if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      const judged = round % 3 === 1 ? round * 4 : -1;
      await expect.poll(() => detector.status().position, { interval: 1, timeout: 20_000 }).toBeGreaterThan(judged);
      await detector.stop();
    }
    const last = await startDetector();
    await last.drain();
    expect(await readEffects()).toEqual(Array.from({ length: 10 }, () => DESTRUCTIVE));
  });

  it("has each effect once when the transaction of a match fails at first", async () => {
    let failures = 2;
    const detector = await startDetector({
      onMatches: async (trx, found) => {
        for (const { match, event } of found) {
          await trx.insertInto(sqlTable("effects")).values({ rule: match.ruleId, event: event?.id }).execute();
        }
        if ((failures -= 1) >= 0) throw new Error("not this time");
      },
    });
    await send(["rm -rf /x"], detector);
    await detector.drain();
    expect(failures).toBe(-1);
    expect(await readEffects()).toEqual([DESTRUCTIVE]);
  });

  it("has each effect once with two nodes; one stands by and takes over when the other is gone", async () => {
    const nodes = [await startDetector(), await startDetector()];
    await Promise.all(nodes.map((node) => node.drain()));
    for (let i = 0; i < 5; i++) await send(["rm -rf /x"], nodes[i % 2]);
    await expect.poll(readEffects, { timeout: 20_000 }).toHaveLength(5);
    await expect
      .poll(() => nodes.map((node) => node.status().state).toSorted(), { timeout: 20_000 })
      .toEqual(["active", "standby"]);
    await nodes.find((node) => node.status().state === "active")?.stop();
    await send(["rm -rf /late"]);
    await expect.poll(readEffects, { timeout: 30_000 }).toHaveLength(6);
  });

  it("names rules that do not load, keeps the others, and takes in changed rules with their windows", async () => {
    const rule = (title: string, text: string) =>
      `title: ${title}\nid: 22222222-2222-4222-8222-222222222222\nlogsource: { product: ai_agent }\ndetection:\n  s:\n    command|contains: ${text}\n  condition: s\nlevel: low\n`;
    await writeFile(join(rulesDir, "good.yml"), rule("Good", "needle"));
    await writeFile(join(rulesDir, "broken.yml"), "title: x\ndetection: [");
    await writeFile(join(rulesDir, "good.cases.yml"), "cases: []");
    const detector = await startDetector({ rulesDirs: [rulesDir, join(rulesDir, "absent")] });
    expect(detector.rules().rules.map(({ title }) => title)).toEqual(["Good"]);
    expect(detector.rules().errors).toEqual([
      expect.objectContaining({
        file: join(rulesDir, "broken.yml"),
        line: expect.any(Number),
        remedy: expect.stringMatching(/\w/),
      }),
    ]);
    await send(["a needle", "a thread"], detector);
    await detector.drain();
    expect(await readEffects()).toHaveLength(1);
    await writeFile(join(rulesDir, "good.yml"), rule("Better", "thread"));
    await detector.reload();
    expect(detector.rules().rules.map(({ title }) => title)).toEqual(["Better"]);
    await send(["a needle", "a thread"], detector);
    await detector.drain();
    expect(await readEffects()).toHaveLength(2);
  });

  it("D-4: reads changed files by itself; a file that breaks is named and keeps the rules it had", async () => {
    const rule = (text: string) =>
      `title: T\nid: 33333333-3333-4333-8333-333333333333\nlogsource: { product: ai_agent }\ndetection:\n  s:\n    command|contains|expand: '${text}'\n  condition: s\nlevel: low\n`;
    const ownDir = await mkdtemp(join(rulesDir, "changing-"));
    const file = join(ownDir, "rule.yml");
    await writeFile(file, rule("%words%"));
    const detector = await startDetector({ rulesDirs: [ownDir], placeholders: { words: ["needle"] } });
    const judge = async () => {
      const before = (await readEffects()).length;
      await send(["a needle", "a thread"], detector);
      await detector.drain();
      return (await readEffects()).slice(before).length;
    };
    expect(await judge()).toBe(1);
    await writeFile(file, rule("%words%").replace("contains", "containz"));
    await detector.reloadIfChanged();
    expect(detector.rules().errors).toMatchObject([
      { file, line: 6, message: expect.stringContaining("from before stay in force") },
    ]);
    expect(await judge()).toBe(1);
    await writeFile(file, rule("e"));
    await detector.reloadIfChanged();
    expect(detector.rules().errors).toEqual([]);
    expect(await judge()).toBe(2);
    await rm(file);
    await detector.reloadIfChanged();
    expect(detector.rules().rules).toEqual([]);
    expect(await judge()).toBe(0);
  });
});
