import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { raiseAlerts } from "../alerts/index.ts";
import { createDetector } from "../detection/index.ts";
import type { Detector } from "../detection/index.ts";
import { openRulesHere } from "../detection/testing.ts";
import { createNewId, silentLogger, systemClock } from "../kernel/index.ts";
import { createDurableWork } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createWorkshop, recordHits, REPLAY_TASK, runReplay } from "./index.ts";
import type { WorkshopContext } from "./index.ts";

const place = mkdtempSync(join(tmpdir(), "firebreak-workshop-"));
const workerFile = bundleEntry(join(import.meta.dirname, "worker/main.ts"), join(place, "worker-main.mjs"));
process.on("exit", () => rmSync(place, { recursive: true, force: true }));

const severity = { label: "SEV", respondMinutes: 5 };
const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };

/** Intake, detection, alerts and the workshop on a database of their own, without a server. */
export interface Bench {
  readonly test: TestDatabase;
  readonly ctx: WorkshopContext;
  readonly detector: Detector;
  readonly rulesDir: string;
  /** stores events and lets detection judge them */
  send(events: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  writeRule(name: string, text: string): void;
  /** runs what was enqueued */
  drainWork(): Promise<void>;
  close(): Promise<void>;
}

export async function createBench(rules: Readonly<Record<string, string>>): Promise<Bench> {
  const test = await createTestDatabase();
  const rulesDir = mkdtempSync(join(place, "rules-"));
  const writeRule = (name: string, text: string) => writeFileSync(join(rulesDir, name), text);
  for (const [name, text] of Object.entries(rules)) writeRule(name, text);
  const common = { database: test.database, clock: systemClock, logger: silentLogger };
  const newId = createNewId(() => systemClock.now());
  const detector = createDetector({
    ...common,
    liveRules: openRulesHere({ rulesDirs: [rulesDir] }),
    onMatches: async (trx, found) => {
      await raiseAlerts(trx, { clock: systemClock, newId, profile }, found);
      await recordHits(trx, { clock: systemClock }, found);
    },
  });
  const work = createDurableWork({ ...common, nodeId: newId("supervisor"), home: place });
  const ctx: WorkshopContext = {
    ...common,
    newId,
    actor: { kind: "person", id: "ada", name: "ada" },
    profile,
    work,
    workshop: createWorkshop({ ...common, detector, placeholders: {}, workerFile }),
  };
  work.define(REPLAY_TASK, async (payload, { signal }) => runReplay(ctx, replayIdOf(payload), signal));
  for (const event of ["alert.opened", "alerts.opened", "alert.changed"]) work.define(event, async () => {});
  await detector.start();
  const intake = createIntake({ ...common, newId, onStored: (events) => detector.wake(events) });
  return {
    test,
    ctx,
    detector,
    rulesDir,
    writeRule,
    send: async (events) => {
      const lines = events.map((event) => JSON.stringify(event)).join("\n");
      const batch = await parseEventBatch(Buffer.from(lines), "application/x-ndjson", systemClock.now());
      const { rejectedTotal, rejected } = await intake.accept(batch, { name: "test" });
      if (rejectedTotal > 0) throw new Error(`refused: ${JSON.stringify(rejected[0])}`);
      await detector.drain();
    },
    drainWork: () => work.drain(),
    close: async () => {
      await ctx.workshop.workers.close();
      await detector.stop();
      await intake.close();
      await test.close();
    },
  };
}

function replayIdOf(payload: unknown): string {
  if (typeof payload === "object" && payload !== null && "replayId" in payload) return String(payload.replayId);
  throw new Error("a replay's payload names it");
}
