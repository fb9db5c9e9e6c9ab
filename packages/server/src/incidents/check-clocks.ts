import type { Kysely } from "kysely";
import type { ClockKind } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { markBreached } from "./clocks.ts";
import type { IncidentContext } from "./types.ts";
import { anyRow, inTransaction, instant } from "../storage/index.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";

/** A clock that ran out and is now marked. */
export interface Breach {
  readonly incidentId: string;
  readonly kind: ClockKind;
  readonly dueAt: string;
}

/** clocks marked in one call; a caller that gets this many calls again */
export const BREACHES_MAX = 100;

const overdue = (kysely: Kysely<Schema>, now: Instant) =>
  kysely
    .selectFrom("incident_clocks")
    .where("stopped_at", "is", null)
    .where("breached_at", "is", null)
    .where("due_at", "<", now);

/** Whether {@link checkClocks} would find one. */
export const isClockDue: DueCondition = (kysely, now) => anyRow(overdue(kysely, now));

/**
 * Marks every clock that has run out, each exactly once however many nodes ask. The clocks are rows, so what ran out
 * while nothing ran is found at the next call.
 */
export async function checkClocks(ctx: IncidentContext): Promise<Breach[]> {
  return inTransaction(ctx.database, async (trx) => {
    const now = ctx.clock.now();
    const due = await overdue(trx, instant(now))
      .selectAll()
      .orderBy("due_at")
      .limit(BREACHES_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const clock of due) {
      await markBreached(trx, ctx, clock, now);
      const detail = { clock: clock.kind, dueAt: clock.due_at.toISOString() };
      await recordAudit(trx, {
        at: now,
        actor: ctx.actor,
        action: "incident.clock_breached",
        target: clock.incident_id,
        detail,
      });
    }
    return due.map((clock) => ({ incidentId: clock.incident_id, kind: clock.kind, dueAt: clock.due_at.toISOString() }));
  });
}
