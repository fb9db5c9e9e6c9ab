import type { Actor } from "@firebreak/protocol";
import { createManualClock, createNewId, silentLogger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import { createAttemptLimit } from "./attempt-limit.ts";
import { createAuthenticator } from "./authenticator.ts";
import { createPasswordHasher } from "./passwords.ts";

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const TESTER: Actor = { kind: "daemon", id: "test", name: "test" };

/** The access room on a database of its own, with a clock that stands still. */
export async function createTestAccess(localToken: string | null = null) {
  const testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  const clock = createManualClock(START_MS);
  const shared = { database, clock, logger: silentLogger };
  const authenticator = createAuthenticator({ ...shared, localToken });
  const ctx = {
    ...shared,
    newId: createNewId(() => clock.now()),
    actor: TESTER,
    // a cheap hash: these tests are about who gets in, not about how long guessing takes
    hasher: createPasswordHasher({ logN: 12, r: 8, p: 1 }),
    attempts: createAttemptLimit(clock),
    authenticator,
  };
  const auditedActions = async () => {
    const rows = await database.kysely.selectFrom("audit_log").select(["action", "leaf"]).orderBy("seq").execute();
    return rows;
  };
  return { ctx, clock, database, auditedActions, close: () => testDatabase.close() };
}

export type TestAccess = Awaited<ReturnType<typeof createTestAccess>>;
