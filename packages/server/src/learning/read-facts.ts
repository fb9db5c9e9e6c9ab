import { TIMELINE_SOURCES } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { findImpact, getTimeline } from "../investigation/index.ts";
import type { LearningContext, ReviewFacts } from "./types.ts";

/** rows of each kind that a review takes into account */
const ROWS_MAX = 500;
const TIMELINE_MAX = 300;

/** @throws FirebreakError `not_found` */
export async function readFacts(ctx: LearningContext, incidentId: string): Promise<ReviewFacts> {
  const { kysely } = ctx.database;
  const incident = await kysely.selectFrom("incidents").selectAll().where("id", "=", incidentId).executeTakeFirst();
  if (incident === undefined) throw new FirebreakError("not_found", `There is no incident ${incidentId}.`);
  const timeline = await readTimeline(ctx, incidentId);
  const impact = await findImpact(ctx, incidentId);
  const clocks = await kysely.selectFrom("incident_clocks").selectAll().where("incident_id", "=", incidentId).execute();
  const alerts = await kysely
    .selectFrom("alerts")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("created_at")
    .limit(ROWS_MAX)
    .execute();
  const stops = await kysely
    .selectFrom("stops")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("requested_at")
    .limit(ROWS_MAX)
    .execute();
  const evidence = await kysely
    .selectFrom("evidence_archives")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("collected_at")
    .limit(ROWS_MAX)
    .execute();
  const deliveries = await kysely
    .selectFrom("deliveries")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("id")
    .limit(ROWS_MAX)
    .execute();
  const runs = await readRuns(ctx, incidentId);
  const brokenGlass = await kysely
    .selectFrom("approvals")
    .select(["id", "title", "break_glass", "reviewed"])
    .where("incident_id", "=", incidentId)
    .where("break_glass", "is not", null)
    .orderBy("id")
    .limit(ROWS_MAX)
    .execute();
  const told = { timeline: timeline.items, isTimelineCut: timeline.next !== null, impact };
  return { incident, clocks, ...told, alerts, stops, evidence, deliveries, runs, brokenGlass };
}

/** Where an agent did too much to print, what responders did goes before it. */
async function readTimeline(ctx: LearningContext, incidentId: string) {
  const whole = await getTimeline(ctx, incidentId, { view: "curated", limit: TIMELINE_MAX });
  if (whole.next === null) return whole;
  const sources = TIMELINE_SOURCES.filter((source) => source !== "telemetry");
  const rest = await getTimeline(ctx, incidentId, { view: "curated", limit: TIMELINE_MAX, sources });
  return { ...rest, next: whole.next };
}

async function readRuns(ctx: LearningContext, incidentId: string): Promise<ReviewFacts["runs"]> {
  const { kysely } = ctx.database;
  const runs = await kysely
    .selectFrom("playbook_runs")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("requested_at")
    .limit(ROWS_MAX)
    .execute();
  if (runs.length === 0) return [];
  const ids = runs.map((run) => run.id);
  const steps = await kysely
    .selectFrom("playbook_steps")
    .selectAll()
    .where("run_id", "in", ids)
    .orderBy("position")
    .limit(ROWS_MAX)
    .execute();
  return runs.map((run) => ({ ...run, steps: steps.filter((step) => step.run_id === run.id) }));
}
