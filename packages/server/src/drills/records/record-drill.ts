import type { Actor, DrillRecord, DrillView } from "@firebreak/protocol";
import { newDrillRecord } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { codeOf, FirebreakError, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Database } from "../../storage/index.ts";
import { toView } from "./list-drills.ts";

export interface RecordContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
}

const UNIQUE_VIOLATION = "23505";

/**
 * Keeps what a drill came to. The record is kept as it is given: whoever made the drill answers for it, by name.
 *
 * @throws FirebreakError bad_request for a record that contradicts itself; conflict for one that is kept already
 */
export async function recordDrill(ctx: RecordContext, given: DrillRecord): Promise<DrillView> {
  const record = newDrillRecord.parse(given);
  refuseContradiction(record, ctx.clock.now());
  try {
    return await keep(ctx, record);
  } catch (fault) {
    if (codeOf(fault) !== UNIQUE_VIOLATION) throw fault;
    throw new FirebreakError("conflict", `The drill ${record.id} is on record already.`, { cause: fault });
  }
}

function keep(ctx: RecordContext, record: DrillRecord): Promise<DrillView> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .insertInto("drills")
      .values({
        id: record.id,
        playbook_id: record.playbook.id,
        playbook_hash: record.playbook.hash,
        result: record.result,
        started_at: record.startedAt,
        ended_at: record.endedAt,
        record: JSON.stringify(record),
        recorded_at: toIso(ctx.clock.now()),
        recorded_by: JSON.stringify(ctx.actor),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const { playbook, result, seconds } = record;
    const detail = { playbook: playbook.id, hash: playbook.hash, result, seconds };
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "drill.record",
      target: record.id,
      detail,
    });
    return toView(row);
  });
}

/** A clock of another machine may be a little ahead. */
const AHEAD_MAX_MS = 5 * 60_000;

function refuseContradiction(record: DrillRecord, nowMs: number): void {
  const [startedMs, endedMs] = [Date.parse(record.startedAt), Date.parse(record.endedAt)];
  const refuse = (why: string) => {
    throw new FirebreakError("bad_request", `The record contradicts itself: ${why}.`);
  };
  if (endedMs < startedMs) refuse("it ended before it started");
  if (endedMs > nowMs + AHEAD_MAX_MS) refuse("it ended in the future");
  const isPassed = record.result === "passed" || record.result === "passed_in_part";
  if (!isPassed) {
    if (record.findings.length === 0) refuse("it did not pass and names no finding");
    return;
  }
  if (record.findings.length > 0) refuse("it passed and has findings");
  if (record.checks.length === 0 || record.checks.some(({ held }) => !held))
    refuse("it passed without all checks held");
  if (record.spans.some(({ met }) => met === false)) refuse("it passed and missed a target");
  if (record.steps.length === 0 || record.steps.some(({ expected }) => !expected)) {
    refuse("it passed and a step ended otherwise than expected");
  }
  if ((record.result === "passed") !== (record.notExercised.length === 0)) {
    refuse("passed_in_part is for what was not exercised, and for nothing else");
  }
}
