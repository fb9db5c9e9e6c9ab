import { INCIDENT_STATES, canTransition, incidentState, severity } from "@firebreak/protocol";
import { z } from "zod";
import {
  TOUCHES_NOTHING,
  defineEffector,
  readEffectRecord,
  removeEffectRecord,
  writeEffectRecord,
} from "../../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { addNote, changeIncidentState, changeSeverity, getIncident } from "../../incidents/index.ts";
import type { IncidentContext, IncidentRecord } from "../../incidents/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";

export interface IncidentSurroundings {
  readonly database: Database;
  readonly profile: Profile;
}

const text = z.string().trim().min(3).max(1000);
/** Merging names another incident, which a step cannot. */
const settableState = z.enum(INCIDENT_STATES).exclude(["merged", "detected"]);

/** What a step does to the incident that its run belongs to. Undo puts back what was, while nobody changed it since. */
export function incidentEffectors(surroundings: IncidentSurroundings): readonly Effector[] {
  return [setSeverity(surroundings), setState(surroundings), note(surroundings)];
}

const FACTS = {
  destroysEvidence: false,
  idempotent: true,
  expiry: "none",
  blastRadius: async () => TOUCHES_NOTHING,
} as const;

function contextOf({ database, profile }: IncidentSurroundings, ctx: EffectorContext): IncidentContext {
  const { clock, newId, logger, actor } = ctx;
  return { database, profile, clock, newId, logger, actor };
}

/** Does it on the run's incident; what the incident's own rules refuse is an outcome. */
async function onIncident(
  surroundings: IncidentSurroundings,
  ctx: EffectorContext,
  act: (incident: IncidentRecord, incidents: IncidentContext) => Promise<EffectorOutcome>,
): Promise<EffectorOutcome> {
  if (ctx.incidentId === null) return { ok: false, reason: "not_found", message: "this run belongs to no incident" };
  const incidents = contextOf(surroundings, ctx);
  try {
    return await act(await getIncident(incidents, ctx.incidentId), incidents);
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    const reason = fault.code === "not_found" ? "not_found" : "conflict";
    return { ok: false, reason, message: fault.message };
  }
}

const severityBefore = z.object({ before: severity });

function setSeverity(surroundings: IncidentSurroundings): Effector {
  return defineEffector({
    ...FACTS,
    name: "incident.set_severity",
    title: "Change the incident's severity",
    parameters: z.strictObject({ severity, reason: text }),
    preview: async (_ctx, parameters) => [`gives the incident the severity ${parameters.severity}`],
    apply: (ctx, parameters) =>
      onIncident(surroundings, ctx, async (incident, incidents) => {
        const before = readEffectRecord(ctx, severityBefore)?.before ?? incident.severity;
        writeEffectRecord(ctx, { before });
        await changeSeverity(incidents, { id: incident.id, ...parameters });
        const output = { before, severity: parameters.severity };
        return { ok: true, output, message: `${incident.id} had severity ${before} and has ${parameters.severity}` };
      }),
    verify: (ctx, parameters, output) =>
      onIncident(surroundings, ctx, async (incident) =>
        incident.severity === parameters.severity
          ? { ok: true, output, message: `${incident.id} has severity ${incident.severity}` }
          : { ok: false, reason: "unverified", message: `${incident.id} has severity ${incident.severity}`, output },
      ),
    undo: async (ctx, parameters, output) => {
      const before = readEffectRecord(ctx, severityBefore)?.before;
      if (before === undefined) return { ok: true, output, message: "nothing is to be put back" };
      return onIncident(surroundings, ctx, async (incident, incidents) => {
        const isOurs = incident.severity === parameters.severity;
        if (isOurs) await changeSeverity(incidents, { id: incident.id, severity: before, reason: undoReason(ctx) });
        removeEffectRecord(ctx);
        return {
          ok: true,
          output,
          message: isOurs ? `severity ${before} again` : "somebody has changed it since; it stays",
        };
      });
    },
  });
}

const stateBefore = z.object({ before: incidentState });

function setState(surroundings: IncidentSurroundings): Effector {
  return defineEffector({
    ...FACTS,
    name: "incident.set_state",
    title: "Change the incident's state",
    parameters: z.strictObject({ to: settableState, note: text.optional() }),
    preview: async (_ctx, { to }) => [`changes the incident's state to ${to}`],
    apply: (ctx, { to, note: given }) =>
      onIncident(surroundings, ctx, async (incident, incidents) => {
        const before = readEffectRecord(ctx, stateBefore)?.before ?? incident.state;
        const output = { before, state: to };
        if (incident.state === to) return { ok: true, output, message: `${incident.id} is ${to} already` };
        writeEffectRecord(ctx, { before });
        await changeIncidentState(incidents, { id: incident.id, state: to, reason: given ?? `Step ${ctx.stepId}` });
        return { ok: true, output, message: `${incident.id} was ${before} and is ${to}` };
      }),
    verify: (ctx, { to }, output) =>
      onIncident(surroundings, ctx, async ({ id, state }) =>
        state === to
          ? { ok: true, output, message: `${id} is ${state}` }
          : { ok: false, reason: "unverified", message: `${id} is ${state}`, output },
      ),
    undo: async (ctx, { to }, output) => {
      const before = readEffectRecord(ctx, stateBefore)?.before;
      if (before === undefined) return { ok: true, output, message: "nothing is to be put back" };
      return onIncident(surroundings, ctx, async ({ id, state }, incidents) => {
        if (state === to && !canTransition(to, before)) {
          const message = `an incident that is ${to} cannot become ${before} again; a person may reopen it`;
          return { ok: false, reason: "conflict", message, output };
        }
        if (state === to) await changeIncidentState(incidents, { id, state: before, reason: undoReason(ctx) });
        removeEffectRecord(ctx);
        return {
          ok: true,
          output,
          message: state === to ? `${id} is ${before} again` : "it was changed since; it stays",
        };
      });
    },
  });
}

function undoReason({ stepId }: EffectorContext): string {
  return `Undo of step ${stepId}`;
}

function note(surroundings: IncidentSurroundings): Effector {
  const keyOf = ({ runId, stepId }: EffectorContext) => `${runId}/${stepId}`;
  return defineEffector({
    ...FACTS,
    name: "incident.note",
    title: "Write a note on the incident's timeline",
    parameters: z.strictObject({ text: z.string().trim().min(1).max(10_000) }),
    preview: async () => ["writes a note on the incident's timeline, which stays"],
    apply: (ctx, { text: written }) =>
      onIncident(surroundings, ctx, async ({ id }, incidents) => {
        const safe = written.toWellFormed().replaceAll("\0", "\uFFFD");
        await addNote(incidents, { id, text: safe, key: keyOf(ctx) });
        return { ok: true, output: {}, message: `noted on ${id}` };
      }),
    verify: (ctx, _parameters, output) =>
      onIncident(surroundings, ctx, async ({ id }, { database }) => {
        const found = await database.kysely
          .selectFrom("timeline")
          .select("id")
          .where("incident_id", "=", id)
          .where("key", "=", `note:${keyOf(ctx)}`)
          .executeTakeFirst();
        return found === undefined
          ? { ok: false, reason: "unverified", message: `${id} has no such note`, output }
          : { ok: true, output, message: `the note is on the timeline of ${id}` };
      }),
    undo: { stays: "What is on the timeline stays there." },
  });
}
