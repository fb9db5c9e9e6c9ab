import type { RetentionClass, RetentionReport } from "@firebreak/protocol";
import { announceLogKey } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { dropEmptyEventPartitions } from "../storage/index.ts";
import { ageSegments } from "./archive/age-segments.ts";
import { archiveBatch } from "./archive/archive-batch.ts";
import { sweepArchive } from "./archive/sweep.ts";
import { measureSegments } from "./archive/segments.ts";
import { BATCH_SIZE, BatchChanged, takeBatch } from "./batch.ts";
import type { Selection } from "./batch.ts";
import type { RetentionContext } from "./context.ts";
import { carryOutNotice } from "./carry-out-notice.ts";
import { readActiveHolds } from "./holds/active-holds.ts";
import { settleEvidence } from "./delete-evidence.ts";
import { restoreLostHolds } from "./holds/restore-lost-holds.ts";
import { announce, dueNotices } from "./notices.ts";
import { measureOriginals } from "./originals.ts";
import { Pass } from "./pass.ts";
import { takePassLock } from "./pass-lock.ts";
import type { BlockedDeletion } from "./pass.ts";
import { measure } from "./rows.ts";
import { agedBefore, schedulesOf, toArchive } from "./schedules.ts";
import type { Schedule } from "./schedules.ts";
import { storesOf } from "./stores.ts";

/** Partitions younger than this are left alone: events of those days may still come. */
const PARTITION_DAYS = 7;

export interface RetentionOutcome {
  readonly report: RetentionReport;
  /** what could not be archived or deleted, and why */
  readonly failures: readonly string[];
  /** files without rows and rows without files */
  readonly orphans: readonly string[];
  /** deletions whose time came while a legal hold was on some of it */
  readonly blocked: readonly BlockedDeletion[];
}

export interface RunRequest {
  /** only this class */
  readonly class?: RetentionClass | undefined;
  /** rows and bytes taken at once; for tests */
  readonly batch?: Partial<typeof BATCH_SIZE>;
}

/**
 * One pass of the policy: archives what is past its time in the database, announces deletions, and deletes what was announced
 * and whose time has come. In bounded batches, each its own transaction: it may end anywhere, and the next one goes on.
 *
 * @throws FirebreakError `conflict` while another pass is under way
 */
export async function runRetention(ctx: RetentionContext, request: RunRequest = {}): Promise<RetentionOutcome> {
  const lock = await takePassLock(ctx);
  if (lock === undefined)
    throw new FirebreakError("conflict", "Another pass of the retention is under way. Wait for its end.");
  try {
    const pass = new Pass(ctx, lock, { ...BATCH_SIZE, ...request.batch });
    await announceLogKey(ctx);
    const orphans = await sweepArchive(ctx);
    await settleEvidence(ctx);
    pass.failures.push(...(await restoreLostHolds(ctx)));
    for (const schedule of schedulesOf(ctx.profile.retention)) {
      if (request.class === undefined || schedule.class === request.class) await runSchedule(pass, schedule);
    }
    await pass.attempt("drop empty partitions of events", async () => {
      await dropEmptyEventPartitions(ctx.database.kysely, agedBefore(ctx.clock.now(), PARTITION_DAYS));
    });
    return { ...(await endPass(pass, orphans)), orphans };
  } finally {
    await lock.end();
  }
}

async function runSchedule(pass: Pass, schedule: Schedule): Promise<void> {
  await pass.attempt(`archive ${schedule.class}`, () => archiveDue(pass, schedule));
  await pass.attempt(`age the archive of ${schedule.class}`, () => ageSegments(pass.ctx, schedule));
  await pass.attempt(`announce deletions of ${schedule.class}`, async () => {
    pass.announced += await announce(pass.ctx, schedule, (stretch) => countUnheld(pass, schedule, stretch));
  });
  await pass.attempt(`delete ${schedule.class}`, async () => {
    for (const notice of await dueNotices(pass.ctx.database.kysely, schedule, pass.ctx.clock.now())) {
      await carryOutNotice(pass, schedule, notice);
    }
  });
}

async function archiveDue(pass: Pass, schedule: Schedule): Promise<void> {
  const { kysely } = pass.ctx.database;
  const stretch = toArchive(schedule, pass.ctx.clock.now());
  const state = await kysely.selectFrom("log_state").select("origin").executeTakeFirst();
  if (stretch === undefined || state === undefined) return; // not archived, or nothing is logged yet
  for (const store of storesOf(schedule.class)) {
    const selection: Selection = { store, schedule, stretch };
    for (let isFull = true; isFull && pass.mayGoOn();) {
      const batch = await takeBatch(kysely, selection, await readActiveHolds(kysely), pass.size);
      pass.noteAltered(store, batch);
      const isDone = await archiveOne(pass, state.origin, selection, batch);
      isFull = isDone && batch.isFull && batch.rows.length > 0;
    }
    const holds = await readActiveHolds(kysely);
    if (holds.length > 0) pass.held += (await measure(kysely, store, schedule, stretch, holds)).held;
  }
}

async function archiveOne(pass: Pass, origin: string, selection: Selection, batch: Parameters<typeof archiveBatch>[3]) {
  if (batch.rows.length === 0) return true;
  try {
    await archiveBatch(pass.ctx, origin, selection, batch);
  } catch (fault) {
    if (!(fault instanceof BatchChanged)) throw fault;
    return false;
  }
  pass.archived += batch.rows.length;
  pass.segments += 1;
  return true;
}

async function countUnheld(pass: Pass, schedule: Schedule, stretch: Parameters<typeof measure>[3]): Promise<number> {
  const { kysely } = pass.ctx.database;
  const holds = await readActiveHolds(kysely);
  const archived = await measureSegments(kysely, schedule, stretch);
  let rows = archived.rows - archived.held;
  for (const store of storesOf(schedule.class)) {
    const amount = await measure(kysely, store, schedule, stretch, holds);
    rows += amount.rows - amount.held;
  }
  if (schedule.class === "pii") {
    const amount = await measureOriginals(kysely, schedule, stretch, holds);
    rows += amount.rows - amount.held;
  }
  return rows;
}

async function endPass(pass: Pass, orphans: readonly string[]): Promise<Omit<RetentionOutcome, "orphans">> {
  const { ctx, archived, segments, deleted, held, announced, failures, blocked } = pass;
  const report: RetentionReport = {
    at: toIso(ctx.clock.now()),
    by: ctx.actor,
    archived,
    segments,
    deleted,
    held,
    announced,
    more: pass.isSpent,
    problems: [...failures, ...orphans].slice(0, 100),
  };
  await ctx.database.kysely
    .updateTable("retention_state")
    .set({ last_report: JSON.stringify(report) })
    .execute();
  return { report, failures, blocked };
}
