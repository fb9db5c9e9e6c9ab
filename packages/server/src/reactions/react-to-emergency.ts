import type { ContainmentMode } from "@firebreak/protocol";
import { beginReaction } from "./begin-reaction.ts";
import type { ReactionContext } from "./context.ts";
import { planReaction } from "./plan-reaction.ts";
import { carryOn } from "./react.ts";

/** A session that is to be stopped because the machine runs short of something. */
export interface EmergencyStop {
  /** the alert that tells of the shortage: what is decided stands on its incident */
  readonly alert: { readonly source: string; readonly key: string };
  readonly agentId: string;
  readonly sessionId: string;
  readonly effector: "agent.freeze" | "agent.kill";
  readonly reason: string;
  readonly mode: ContainmentMode;
}

const ASK_MINUTES = 60;

/**
 * Stops a session, asks a person whether to, or says that it would, within the same guard rails as every automatic act.
 *
 * @returns the state of the decision, or null while the alert has not been decided on
 */
export async function reactToEmergency(ctx: ReactionContext, stop: EmergencyStop): Promise<string | null> {
  const alert = await ctx.database.kysely
    .selectFrom("alerts")
    .select(["id", "title", "incident_id", "disposition"])
    .where("source", "=", stop.alert.source)
    .where("key", "=", stop.alert.key)
    .where("status", "=", "open")
    .executeTakeFirst();
  if (alert === undefined || alert.disposition === "undecided") return null;
  const { agentId, sessionId, effector: what, mode, reason } = stop;
  const parameters = { agentId, sessionId, reason };
  const containment = {
    each: [],
    name: stop.alert.source,
    mode,
    what,
    parameters,
    forMinutes: null,
    askMinutes: ASK_MINUTES,
  };
  const occasion = {
    title: alert.title,
    alertId: alert.id,
    incidentId: alert.incident_id,
    agentId,
    sessionId,
    isLate: false,
    scope: {},
  };
  const row = await beginReaction(ctx, planReaction({ ...containment, kind: "effector" }, occasion));
  await carryOn(ctx, row);
  const { state } = await ctx.database.kysely
    .selectFrom("reactions")
    .select("state")
    .where("id", "=", row.id)
    .executeTakeFirstOrThrow();
  return state;
}
