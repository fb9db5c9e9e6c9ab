import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, messageOf, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
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

/** A node that dies in it lets others go on after this. */
const LEASE_MS = 5 * 60_000;
const TRY_AGAIN_MS = 60_000;

/**
 * Looks for the persons that somebody asked for, and erases what was approved: batch by batch, each its own transaction. It may
 * end anywhere; the next pass goes through everything again and finds only what is left.
 */
export async function runPersonErasures(ctx: RetentionContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const row = await takeNext(ctx);
    if (row === undefined) return;
    try {
      await runOne(ctx, row, signal);
    } catch (fault) {
      await giveBack(ctx, row, signal.aborted ? null : messageOf(fault));
    }
  }
}

async function takeNext({ database, clock, newId }: RetentionContext): Promise<ErasureRow | undefined> {
  const now = new Date(clock.now());
  return database.kysely
    .updateTable("person_erasures")
    .set({ holder: newId("request"), lease_until: toIso(clock.now() + LEASE_MS) })
    .where("id", "=", (where) =>
      where
        .selectFrom("person_erasures")
        .select("id")
        .where("state", "in", ["searching", "erasing"])
        .where("next_at", "<=", now)
        .where((or) => or.or([or("lease_until", "is", null), or("lease_until", "<", now)]))
        .orderBy("next_at")
        .orderBy("id")
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

async function giveBack(ctx: RetentionContext, row: ErasureRow, problem: string | null): Promise<void> {
  if (problem !== null) ctx.logger.error("an erasure of a person does not go on", { erasure: row.id, problem });
  await ctx.database.kysely
    .updateTable("person_erasures")
    .set({
      holder: null,
      lease_until: null,
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
      await renew(ctx, row);
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

async function renew({ database, clock }: RetentionContext, { id, holder }: ErasureRow): Promise<void> {
  const renewed = await database.kysely
    .updateTable("person_erasures")
    .set({ lease_until: toIso(clock.now() + LEASE_MS) })
    .where("id", "=", id)
    .where("holder", "=", holder)
    .where("state", "in", ["searching", "erasing"])
    .returning("id")
    .executeTakeFirst();
  if (renewed === undefined) throw new FirebreakError("conflict", "It was withdrawn, or another node took it over.");
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
        lease_until: null,
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
