/** What tests of this room share: events stored as the intake stores them, on a real database. */
import type { Actor } from "@firebreak/protocol";
import { createManualClock, createNewId, DEFAULT_REDACTION, silentLogger } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";

export const ada: Actor = { kind: "person", id: "usr_ada", name: "ada" };
/** 1 March 2026, 12:00 UTC */
export const NOON = Date.parse("2026-03-01T12:00:00Z");
const redactor = createRedactor(DEFAULT_REDACTION);

/** `at` in seconds after noon; everything else as a sender gives it */
export type Told = { readonly at: number } & Readonly<Record<string, unknown>>;

export async function createExplorerBench() {
  const test: TestDatabase = await createTestDatabase();
  const clock = createManualClock(NOON);
  const newId = createNewId(() => clock.now());
  const intake = createIntake({
    database: test.database,
    clock,
    newId,
    logger: silentLogger,
    redactor,
    onStored: () => {},
  });
  let sent = 0;
  return {
    test,
    clock,
    newId,
    ctx: { database: test.database, clock, newId, actor: ada },
    send: async (events: readonly Told[]) => {
      const lines = events.map(({ at, ...event }) => {
        sent += 1;
        const time = new Date(NOON + at * 1000).toISOString();
        return JSON.stringify({ id: `e${sent}`, time, agent: { id: "scout", session: "s1" }, kind: "log", ...event });
      });
      clock.advance(Math.max(0, ...events.map(({ at }) => NOON + at * 1000 - clock.now())));
      const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", clock.now());
      const receipt = await intake.accept(batch, { name: "test" });
      if (receipt.rejectedTotal > 0) throw new Error(JSON.stringify(receipt.rejected));
    },
    close: async () => {
      await intake.close();
      await test.close();
    },
  };
}
