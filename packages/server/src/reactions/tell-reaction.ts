import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { deedOf } from "./plan-reaction.ts";

/** Leaves the traces of a decision in the transaction that makes it: audit row, timeline, live notice. */
export async function tellReaction(trx: Trx, ctx: ReactionContext, row: ReactionRow): Promise<void> {
  await notifyLive(trx, "reaction", row.id);
  if (row.state === "deciding") return; // told once it is known what would change
  const at = ctx.clock.now();
  const { rule, mode, state, kind, what, target, parameters, rail, message } = row;
  const detail = { rule, mode, state, kind, what, target, parameters, rail, message };
  await recordAudit(trx, { at, actor: ctx.actor, action: `reaction.${state}`, target: row.id, detail });
  if (row.incident_id === null) return;
  await addTimelineEntry(trx, ctx, {
    incidentId: row.incident_id,
    key: `reaction:${row.id}:${state}`,
    at,
    kind: "reaction",
    source: "containment",
    text: sentenceOf(row),
    data: { reactionId: row.id, rule, mode, state, rail },
    isOfEach: state === "observed" || state === "waiting" || state === "expired",
  });
}

function sentenceOf(row: ReactionRow): string {
  const deed = deedOf(row);
  const held = row.rail_reason === null ? "" : ` Held back: ${row.rail_reason}.`;
  const why = row.message === null ? "" : `: ${row.message}`;
  switch (row.state) {
    case "deciding":
    case "applying":
      return `Automatic containment begins to ${deed} (rule ${row.rule}).`;
    case "observed": {
      const whether = row.rail_reason === null ? "" : ` It would have been held back: ${row.rail_reason}.`;
      const changes = row.changes.length === 0 ? "" : ` It ${row.changes.join("; ")}.`;
      return `Automatic containment would ${deed} (rule ${row.rule}, which only observes).${changes}${whether}`;
    }
    case "waiting":
      return `Automatic containment asks whether to ${deed} (rule ${row.rule}).${held}`;
    case "applied":
      return `Automatic containment did ${deed} (rule ${row.rule})${why}.`;
    case "failed":
      return `Automatic containment could not ${deed} (rule ${row.rule})${why}.`;
    case "denied":
    case "expired":
      return `Automatic containment does not ${deed} (rule ${row.rule})${why}.`;
    default:
      return row.state satisfies never;
  }
}
