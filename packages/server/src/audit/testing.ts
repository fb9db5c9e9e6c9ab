import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { createManualClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { recordAudit } from "./record-audit.ts";
import { growTree } from "./tree/grow-tree.ts";
import { openLogKey } from "./tree/log-key.ts";
import type { LogKey } from "./tree/log-key.ts";

export const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };

/** A log of acts, for tests. */
export interface TestLog {
  readonly database: TestDatabase["database"];
  readonly clock: ReturnType<typeof createManualClock>;
  readonly home: string;
  logKey: LogKey;
  /** Records so many acts and appends them. */
  act(count: number): Promise<void>;
  /** @returns the newest checkpoint */
  note(): Promise<string>;
  close(): Promise<void>;
}

export async function createTestLog(): Promise<TestLog> {
  const test = await createTestDatabase();
  const { database } = test;
  const home = mkdtempSync(path.join(tmpdir(), "firebreak-log-"));
  const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
  const log: TestLog = {
    database,
    clock,
    home,
    logKey: openLogKey(home),
    act: async (count) => {
      await database.kysely.transaction().execute(async (trx) => {
        for (let number = 0; number < count; number++) {
          const act = { action: "test.act", target: String(number), detail: { number } };
          await recordAudit(trx, { at: clock.now(), actor: ADA, ...act });
        }
      });
      await growTree({ database, clock, logKey: log.logKey });
    },
    note: async () => {
      const state = await database.kysely.selectFrom("log_state").select("note").executeTakeFirstOrThrow();
      return state.note;
    },
    close: async () => {
      await test.close();
      rmSync(home, { recursive: true });
    },
  };
  return log;
}
