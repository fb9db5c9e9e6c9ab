import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { growTree, openLogKey, recordAudit } from "../audit/index.ts";
import { createManualClock, createNewId, DEFAULT_RETENTION, silentLogger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import type { RetentionContext } from "./context.ts";

export const DAY_MS = 86_400_000;
export const NOW_MS = Date.parse("2026-06-30T12:00:00Z");
export const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };

/** A database, a home and a clock, with what fills and logs them. */
export interface RetentionRoom extends Omit<RetentionContext, "clock"> {
  readonly clock: ReturnType<typeof createManualClock>;
  readonly test: TestDatabase;
  /** stores events of that age, one a minute, and logs them */
  sendEvents(count: number, ageDays: number, event?: Readonly<Record<string, unknown>>): Promise<void>;
  /** records acts of that age, and logs them */
  act(count: number, ageDays: number, detail?: Readonly<Record<string, unknown>>): Promise<void>;
  grow(): Promise<void>;
  close(): Promise<void>;
}

export async function openRetentionRoom(): Promise<RetentionRoom> {
  const test = await createTestDatabase();
  const home = mkdtempSync(path.join(tmpdir(), "firebreak-retention-"));
  const clock = createManualClock(NOW_MS);
  const newId = createNewId(() => clock.now());
  const logKey = openLogKey(home);
  const { database } = test;
  const grow = async () => {
    for (let mayBeMore = true; mayBeMore;) ({ mayBeMore } = await growTree({ database, clock, logKey }));
  };
  return {
    test,
    database,
    home,
    clock,
    newId,
    logKey,
    logger: silentLogger,
    actor: { kind: "daemon", id: "firebreak", name: "firebreak" },
    profile: { retention: DEFAULT_RETENTION },
    recordTimeline: async () => {},
    grow,
    sendEvents: async (count, ageDays, event = {}) => {
      const intake = createIntake({ database, clock, newId, logger: silentLogger, onStored: () => {} });
      const begin = clock.now() - ageDays * DAY_MS;
      const lines = Array.from({ length: count }, (_, at) =>
        JSON.stringify({
          agent: { id: "scout" },
          kind: "command",
          time: new Date(begin + at * 1000).toISOString(),
          data: { command: `run ${at}` },
          ...event,
        }),
      );
      const body = Buffer.from(lines.join("\n"));
      await intake.accept(await parseEventBatch(body, "application/x-ndjson", clock.now()), { name: "test" });
      await intake.close();
      await grow();
    },
    act: async (count, ageDays, detail = {}) => {
      const at = clock.now() - ageDays * DAY_MS;
      await database.kysely.transaction().execute(async (trx) => {
        for (let number = 0; number < count; number++) {
          await recordAudit(trx, { at, actor: ADA, action: "token.create", target: `tok_${number}`, detail });
        }
      });
      await grow();
    },
    close: async () => {
      await test.close();
      rmSync(home, { recursive: true });
    },
  };
}
