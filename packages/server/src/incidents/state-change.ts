import { canTransition, INCIDENT_TRANSITIONS, isSettled } from "@firebreak/protocol";
import type { Actor, ClockKind, IncidentState } from "@firebreak/protocol";
import { resolveAlertsOfIncident } from "../alerts/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import type { IncidentChange } from "../storage/index.ts";
import { restartClocks, stopClocks } from "./clocks.ts";
import type { IncidentContext, IncidentRow, StateChange, Trx } from "./types.ts";

/** What a change of state means for the incident's times and clocks. A time is set to now, cleared, or left alone. */
export interface StateEffects {
  readonly acknowledged: "set" | "keep";
  readonly contained: "set" | "clear" | "keep";
  readonly resolved: "set" | "clear" | "keep";
  readonly closed: "set" | "clear" | "keep";
  readonly stop: readonly ClockKind[];
  readonly restart: readonly ClockKind[];
  readonly event: IncidentChange;
}

const NOTHING: StateEffects = {
  acknowledged: "keep",
  contained: "keep",
  resolved: "keep",
  closed: "keep",
  stop: [],
  restart: [],
  event: "state",
};

const ALL_CLOCKS: readonly ClockKind[] = ["respond", "contain", "resolve"];

/**
 * Decides what a change of state does.
 *
 * @param byPerson an automatic containment is no response: the respond clock waits for a person
 */
export function decideEffects(change: StateChange, byPerson: boolean): StateEffects {
  const effects = effectsOf(change);
  if (!byPerson) return effects;
  const stop = effects.stop.includes("respond") ? effects.stop : (["respond", ...effects.stop] as const);
  return { ...effects, acknowledged: "set", stop };
}

function effectsOf({ from, to }: StateChange): StateEffects {
  switch (to) {
    case "contained":
      return { ...NOTHING, contained: "set", stop: ["contain"], event: "contained" };
    case "resolved":
      return { ...NOTHING, resolved: "set", stop: ALL_CLOCKS, event: "resolved" };
    case "triaged":
      return effectsOfTriage(from);
    case "closed":
      return { ...NOTHING, closed: "set", event: "closed" };
    case "merged":
    case "false_positive":
      return { ...NOTHING, closed: "set", stop: ALL_CLOCKS, event: "closed" };
    case "detected":
    case "eradicated":
    case "recovering":
    case "reviewed":
      return NOTHING;
    default:
      return to satisfies never;
  }
}

/** Back to triage reopens a settled incident, or says that a containment did not hold. */
function effectsOfTriage(from: IncidentState): StateEffects {
  if (isSettled(from)) {
    return { ...NOTHING, resolved: "clear", closed: "clear", restart: ["resolve"], event: "reopened" };
  }
  if (from === "contained") return { ...NOTHING, contained: "clear", restart: ["contain"] };
  return NOTHING;
}

/** @returns true when somebody, not a rule or a daemon, acts */
export function isPerson(actor: Actor): boolean {
  return actor.kind === "person" || actor.kind === "token" || actor.kind === "cli";
}

/** @throws FirebreakError `conflict` that names the states the incident may change to */
export function requireTransition(incident: IncidentRow, to: IncidentState): void {
  if (canTransition(incident.state, to)) return;
  const allowed = INCIDENT_TRANSITIONS[incident.state];
  const choice = allowed.length === 0 ? "It cannot change any more." : `It may change to ${allowed.join(", ")}.`;
  throw new FirebreakError("conflict", `${incident.id} is ${incident.state} and cannot become ${to}. ${choice}`);
}

/**
 * Writes the change of state with its times and clocks. Only for a row that was read `for update` in this transaction,
 * and a change that the table allows; the condition on the old state is the second lock on the door.
 */
export async function writeState(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  to: IncidentState,
  at: number,
): Promise<{ row: IncidentRow; event: IncidentChange }> {
  requireTransition(incident, to);
  const effects = decideEffects({ from: incident.state, to }, isPerson(ctx.actor));
  const time = new Date(at);
  const moved = (effect: "set" | "clear" | "keep", before: Date | null) =>
    effect === "set" ? (before ?? time) : effect === "clear" ? null : before;
  const row = await trx
    .updateTable("incidents")
    .set({
      state: to,
      acknowledged_at: moved(effects.acknowledged, incident.acknowledged_at),
      contained_at: moved(effects.contained, incident.contained_at),
      resolved_at: moved(effects.resolved, incident.resolved_at),
      closed_at: moved(effects.closed, incident.closed_at),
      updated_at: new Date(ctx.clock.now()),
      version: incident.version + 1,
    })
    .where("id", "=", incident.id)
    .where("state", "=", incident.state)
    .where("version", "=", incident.version)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("conflict", `${incident.id} has changed meanwhile. Read it again.`);
  await stopClocks(trx, ctx, incident.id, effects.stop, at);
  await restartClocks(trx, incident.id, effects.restart);
  if (isSettled(to) && !isSettled(incident.state)) await resolveAlertsOfIncident(trx, ctx, incident.id);
  return { row, event: effects.event };
}
