import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { growTree, openLogKey, recordAudit } from "../../audit/index.ts";
import { createManualClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { checkInThread } from "./check-in-thread.ts";
import type { CheckThread } from "./check-in-thread.ts";
import type { CheckTask } from "./messages.ts";

const NEVER = new AbortController().signal;
/** More than there are leaves between two words of the thread. */
const FEW = 4_200;
/** More than a check goes through before it first tells where it stands. */
const MANY = 65_900;
const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;

let room: TestDatabase;
let home: string;
let workerFile: string;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), "firebreak-check-"));
  workerFile = bundleEntry(path.join(import.meta.dirname, "worker.ts"), path.join(home, "worker.mjs"));
  room = await createTestDatabase();
  await addActs(FEW);
}, 60_000);
afterAll(async () => {
  await room.close();
  rmSync(home, { recursive: true, force: true });
});

/** Fills the log up to so many acts. */
async function addActs(count: number): Promise<void> {
  const { database } = room;
  const { leaf } = await database.kysely.transaction().execute(async (trx) => {
    await recordAudit(trx, { at: clock.now(), actor: ADA, action: "test.act", target: "0", detail: {} });
    return trx.selectFrom("audit_log").select("leaf").orderBy("seq").limit(1).executeTakeFirstOrThrow();
  });
  const [before = "", after = ""] = leaf.split('"target":"0"');
  await sql`
    insert into audit_log (at, actor, action, target, leaf, leaf_hash)
    select ${new Date(clock.now())}, ${JSON.stringify(ADA)}::jsonb, 'test.act', n::text, leaf,
      sha256('\\x00'::bytea || convert_to(leaf, 'UTF8'))
    from (select n, ${before} || '"target":"' || n || '"' || ${after} as leaf
      from generate_series((select count(*) from audit_log) + 1, ${count}::int) n) made`.execute(database.kysely);
  const logKey = openLogKey(home);
  for (let mayBeMore = true; mayBeMore;) ({ mayBeMore } = await growTree({ database, clock, logKey }));
}

function check(more: Partial<CheckTask> = {}, thread: Partial<CheckThread> = {}) {
  const { publicKey } = openLogKey(home);
  const keys = { publicKey, before: undefined };
  const task = { home, databaseUrl: room.databaseUrl, keys, trusted: [], resume: undefined, isCalm: false, ...more };
  return checkInThread(task, { signal: NEVER, workerFile, ...thread });
}

const writeWorker = (name: string, text: string) => {
  const file = path.join(home, name);
  writeFileSync(file, text);
  return file;
};

describe("E-4: the check of the whole log in a thread", { timeout: 60_000 }, () => {
  test("finds what was changed, and a checkpoint that is of another log", async () => {
    await sql`update audit_log set leaf = replace(leaf, 'test.act', 'test.lie') where seq = 4000`.execute(
      room.database.kysely,
    );
    const verdict = await check({ trusted: ["another log\n7\nAAAA\n\n— nobody AAAA\n"] });
    await sql`update audit_log set leaf = replace(leaf, 'test.lie', 'test.act') where seq = 4000`.execute(
      room.database.kysely,
    );
    expect(verdict.intact).toBe(false);
    expect(verdict.findings).toContainEqual(expect.objectContaining({ code: "entry_changed", from: 3_999 }));
    expect(verdict.findings.length).toBeGreaterThan(1);
  });

  test("ends with its thread when it is told to", async () => {
    const stopping = new AbortController();
    const checking = check({ isCalm: true }, { signal: stopping.signal, onProgress: () => stopping.abort() });
    await expect(checking).rejects.toMatchObject({ name: "AbortError" });
    await expect(check({}, { signal: stopping.signal })).rejects.toMatchObject({ name: "AbortError" });
  });

  test("fails with words when the database cannot be reached, or the thread dies", async () => {
    const nowhere = "postgres://nobody@127.0.0.1:1/none";
    await expect(check({ databaseUrl: nowhere })).rejects.toThrow(/127\.0\.0\.1/);
    const dying = writeWorker("dying.mjs", "process.exit(3);");
    await expect(check({}, { workerFile: dying })).rejects.toThrow("the worker ended without an answer");
    const failing = writeWorker("failing.mjs", "throw new Error('out of memory');");
    await expect(check({}, { workerFile: failing })).rejects.toThrow("out of memory");
  });

  test("says how far it has come and where it could go on, and goes on there", async () => {
    await addActs(MANY);
    const told: { done: number; state: Omit<NonNullable<CheckTask["resume"]>, "at"> | undefined }[] = [];
    const verdict = await check({}, { onProgress: ({ done, state }) => told.push({ done, state }) });
    expect(verdict).toMatchObject({ intact: true, size: MANY, findings: [], tableFindings: [] });
    expect(told.map(({ done }) => done)).toEqual([...Array.from({ length: 16 }, (_, at) => (at + 1) * 4_096), MANY]);
    const state = told.find((one) => one.state !== undefined)?.state;
    expect(state?.verified.done).toBe(65_536);
    const later: number[] = [];
    const resume = state === undefined ? undefined : { at: clock.now(), ...state };
    expect(await check({ resume }, { onProgress: ({ done }) => later.push(done) })).toMatchObject({ intact: true });
    expect(later).toEqual([MANY]);
  });
});
