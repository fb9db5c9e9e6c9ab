import type { ApprovalState } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** What rooms tell each other. Handlers run at least once, after the transaction that emitted the event committed. */
export type DomainEvent =
  | { readonly type: "alert.opened"; readonly alertId: string }
  /** many at once */
  | { readonly type: "alerts.opened"; readonly alertIds: readonly string[] }
  /** the pipeline has to look at it again: what held it ended */
  | { readonly type: "alert.due"; readonly alertId: string }
  | { readonly type: "alert.changed"; readonly alertId: string; readonly change: AlertChange }
  | { readonly type: "incident.opened"; readonly incidentId: string }
  | { readonly type: "incident.changed"; readonly incidentId: string; readonly change: IncidentChange }
  | { readonly type: "run.requested"; readonly runId: string }
  | { readonly type: "run.ended"; readonly runId: string }
  | { readonly type: "approval.changed"; readonly approvalId: string; readonly state: ApprovalState }
  | { readonly type: "delivery.requested"; readonly deliveryId: string };

export type AlertChange = "acknowledged" | "resolved" | "stale";

export type IncidentChange =
  | "acknowledged"
  | "contained"
  | "resolved"
  | "noted"
  | "severity"
  /** grew by much, or is over */
  | "storm"
  | "state"
  | "reopened"
  | "closed";

export type DomainEventType = DomainEvent["type"];
export type DomainEventOf<T extends DomainEventType> = Extract<DomainEvent, { type: T }>;

/** Tries of one handler before it is given up and stays visible as failed; with the engine's back-off about two days. */
const ATTEMPTS_MAX = 25;

/** Puts the event into the outbox in the caller's transaction: it is delivered exactly when the change is committed. */
export function emitDomainEvent(trx: Transaction<Schema>, event: DomainEvent): Promise<void> {
  return emitDomainEvents(trx, [event]);
}

/** The same for many events, in their order. */
export async function emitDomainEvents(trx: Transaction<Schema>, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const jobs = events.map(({ type, ...payload }) => ({ type, payload }));
  await sql`select graphile_worker.add_job(job->>'type', job->'payload', max_attempts => ${ATTEMPTS_MAX})
    from json_array_elements(${JSON.stringify(jobs)}::json) with ordinality as jobs(job, place) order by place`.execute(
    trx,
  );
}
