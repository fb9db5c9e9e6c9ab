import type { Kysely } from "kysely";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, messageOf, toIso } from "../../kernel/index.ts";
import { acquireProcessLock, anyRow, inTransaction, instant, notifyLive } from "../../storage/index.ts";
import type { DueCondition, Instant, Schema } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { eraseEvidence } from "./archives.ts";
import { eraseEntries } from "./entries.ts";
import { wasApproved } from "./erasure-row.ts";
import type { ErasureRow } from "./erasure-row.ts";
import type { Finding, PersonJob } from "./job.ts";
import { eraseRecords } from "./records.ts";
import { eraseSealed } from "./sealed.ts";
import { eraseInSegments } from "./segments.ts";
import { compileTerms } from "./terms.ts";

const TRY_AGAIN_MS = 60_000;

const waiting = (kysely: Kysely<Schema>, now: Instant) =>
  kysely.selectFrom("person_erasures").where("state", "in", ["searching", "erasing"]).where("next_at", "<=", now);

/** Whether {@link runPersonErasures} would take one. */
export const isPersonErasureDue: DueCondition = (kysely, now) => anyRow(waiting(kysely, now));

/**
 * Looks for the persons that somebody asked for, and erases what was approved: batch by batch, each its own transaction. It may
 * end anywhere; the next pass goes through everything again and finds only what is left.
 */
export async function runPersonErasures(ctx: RetentionContext, signal: AbortSignal): Promise<void> {
  const lock = await acquireProcessLock(ctx.database, "person_erasures");
  if (typeof lock === "string") return;
  const stopping = AbortSignal.any([signal, lock.lost]);
  try {
    while (!stopping.aborted) {
      const row = await takeNext(ctx);
      if (row === undefined) return;
      try {
        await runOne(ctx, row, stopping);
      } catch (fault) {
        await giveBack(ctx, row, stopping.aborted ? null : messageOf(fault));
      }
    }
  } finally {
    await lock.release();
  }
}

async function takeNext({ database, clock, newId }: RetentionContext): Promise<ErasureRow | undefined> {
  const next = waiting(database.kysely, instant(clock.now())).select("id").orderBy("next_at").orderBy("id").limit(1);
  return database.kysely
    .updateTable("person_erasures")
    .set({ holder: newId("request") })
    .where("id", "=", next)
    .returningAll()
    .executeTakeFirst();
}

async function giveBack(ctx: RetentionContext, row: ErasureRow, problem: string | null): Promise<void> {
  if (problem !== null) ctx.logger.error("an erasure of a person does not go on", { erasure: row.id, problem });
  await ctx.database.kysely
    .updateTable("person_erasures")
    .set({
      holder: null,
      problem: problem?.slice(0, 1_000) ?? row.problem,
      next_at: toIso(ctx.clock.now() + (problem === null ? 0 : TRY_AGAIN_MS)),
    })
    .where("id", "=", row.id)
    .where("holder", "=", row.holder)
    .execute();
}

async function runOne(ctx: RetentionContext, row: ErasureRow, signal: AbortSignal): Promise<void> {
  if (row.terms === null) throw new Error("what is looked for is gone");
  if (row.state === "erasing" && !(await wasApproved(ctx.database.kysely, row))) {
    throw new Error("nothing on record says that this was approved. Find out who can write to the database");
  }
  const job: PersonJob = {
    ctx,
    id: row.id,
    matcher: compileTerms(row.terms),
    erases: row.state === "erasing",
    also: new Set(row.also),
    actor: row.requested_by,
    policy: `erasure of a person: ${row.id}`,
    beat: async () => {
      signal.throwIfAborted();
      await checkHolder(ctx, row);
    },
  };
  if (job.erases) await walk(job);
  const findings = await walk({ ...job, erases: false });
  await end(ctx, row, findings);
}

/** The database before the archive: what retention moves from one to the other meanwhile is found in one of them. */
async function walk(job: PersonJob): Promise<Finding[]> {
  return [
    ...(await eraseEntries(job)),
    ...(await eraseRecords(job)),
    ...(await eraseInSegments(job)),
    ...(await eraseSealed(job)),
    ...(await eraseEvidence(job)),
  ];
}

async function checkHolder({ database }: RetentionContext, { id, holder }: ErasureRow): Promise<void> {
  const row = await database.kysely
    .selectFrom("person_erasures")
    .select("id")
    .where("id", "=", id)
    .where("holder", "=", holder)
    .where("state", "in", ["searching", "erasing"])
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("conflict", "It was withdrawn, or another node took it over.");
}

/** What was found is shown; what was erased is over, and its terms are forgotten in the transaction that says so. */
async function end(ctx: RetentionContext, row: ErasureRow, findings: readonly Finding[]): Promise<void> {
  const now = ctx.clock.now();
  const isDone = row.state === "erasing";
  await inTransaction(ctx.database, async (trx) => {
    const { erased } = await trx
      .updateTable("person_erasures")
      .set({
        state: isDone ? "done" : "found",
        findings: JSON.stringify(findings),
        looked_at: toIso(now),
        problem: null,
        holder: null,
        ...(isDone ? { terms: null, ended_at: toIso(now) } : {}),
      })
      .where("id", "=", row.id)
      .where("holder", "=", row.holder)
      .where("state", "=", row.state)
      .returning("erased")
      .executeTakeFirstOrThrow();
    const stay = findings.map(({ store, matches, why, cases }) => ({ store, matches, why, cases }));
    const detail = isDone ? { erased, stay } : { found: stay };
    const action = isDone ? "person_erasure.done" : "person_erasure.found";
    await recordAudit(trx, { at: now, actor: ctx.actor, action, target: row.id, detail });
    await notifyLive(trx, "retention", row.id);
  });
}
