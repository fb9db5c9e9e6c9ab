import { recordAudit } from "../audit/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";

interface Trace {
  /** `approval.request`, `approval.answer` … */
  readonly action: string;
  /** one sentence, for the incident's timeline */
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a verb leaves behind in its transaction besides the change: audit row, timeline entry, domain event, live notice. */
export async function leaveTrace(
  trx: Trx,
  ctx: Pick<ApprovalContext, "actor" | "clock" | "recordTimeline">,
  row: ApprovalRow,
  trace: Trace,
): Promise<void> {
  const at = ctx.clock.now();
  const detail = { kind: row.kind, digest: row.digest, state: row.state, ...trace.detail };
  await recordAudit(trx, { at, actor: ctx.actor, action: trace.action, target: row.id, detail });
  await notifyLive(trx, "approval", row.id);
  await emitDomainEvent(trx, { type: "approval.changed", approvalId: row.id, state: row.state });
  if (row.incident_id === null) return;
  await ctx.recordTimeline(trx, {
    incidentId: row.incident_id,
    key: `${trace.action}:${row.id}:${at}`,
    at,
    kind: "approval",
    source: "approvals",
    text: trace.text,
    data: { approvalId: row.id, state: row.state },
    isOfEach: ctx.actor.kind !== "person" && ctx.actor.kind !== "cli",
  });
  await notifyLive(trx, "incident", row.incident_id);
}
