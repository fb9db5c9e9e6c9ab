import { cpSync, mkdtempSync, rmSync } from "node:fs";
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

/** A room as it was filled once, for many tests: copies of its database, each with its home in the same place. */
export interface FilledRoom {
  open(): Promise<RetentionRoom>;
  close(): Promise<void>;
}

export async function fillRetentionRoom(fill: (room: RetentionRoom) => Promise<void>): Promise<FilledRoom> {
  const room = await openRetentionRoom();
  const { home, test } = room;
  const aside = `${home}-as-filled`;
  await fill(room);
  await test.database.close();
  cpSync(home, aside, { recursive: true });
  return {
    open: async () => {
      rmSync(home, { recursive: true, force: true });
      cpSync(aside, home, { recursive: true });
      return roomOf(await createTestDatabase({ copyOf: test.name }), home);
    },
    close: async () => {
      await test.close();
      rmSync(aside, { recursive: true });
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function openRetentionRoom(): Promise<RetentionRoom> {
  return roomOf(await createTestDatabase(), mkdtempSync(path.join(tmpdir(), "firebreak-retention-")));
}

function roomOf(test: TestDatabase, home: string): RetentionRoom {
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
