import { FirebreakError } from "../kernel/index.ts";
import { getIncident } from "../incidents/index.ts";
import type { LearningContext, ReviewFacts } from "./types.ts";

/** rows of each kind that a review takes into account */
const ROWS_MAX = 500;

/** @throws FirebreakError `not_found` */
export async function readFacts(ctx: LearningContext, incidentId: string): Promise<ReviewFacts> {
  const { kysely } = ctx.database;
  const incident = await kysely.selectFrom("incidents").selectAll().where("id", "=", incidentId).executeTakeFirst();
  if (incident === undefined) throw new FirebreakError("not_found", `There is no incident ${incidentId}.`);
  const { timeline } = await getIncident(ctx, incidentId);
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
  return { incident, clocks, timeline, alerts, stops, evidence, deliveries, runs: await readRuns(ctx, incidentId) };
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
