import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor } from "@firebreak/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentEffectors } from "../containment/index.ts";
import {
  addTimelineEntry,
  admitAlerts,
  getIncident,
  listStormAgents,
  takeQuestionOfStorm,
} from "../incidents/index.ts";
import { createTestContext, insertAlert } from "../incidents/testing.ts";
import type { TestContext } from "../incidents/testing.ts";
import { profileSchema } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { reactToAlerts } from "./index.ts";
import type { ReactionContext } from "./index.ts";

const CONTAINMENT: Actor = { kind: "rule", id: "automatic-containment", name: "automatic containment" };
const home = mkdtempSync(join(tmpdir(), "fb-storm-"));
let database: TestDatabase;
let incidents: TestContext;
let ctx: ReactionContext;

beforeAll(async () => {
  database = await createTestDatabase();
  incidents = await createTestContext(database.database);
  const { containment } = profileSchema.pick({ containment: true }).parse({
    containment: {
      rules: [
        {
          name: "deny",
          when: { severities: [1] },
          mode: "act",
          effector: "agent.deny",
          with: { agentId: "${alert.agentId}", reason: "${alert.title}" },
        },
      ],
      limits: { fleetShare: 1, actionsPerRulePerHour: 10, actionsPerHour: 20 },
    },
  });
  incidents = { ...incidents, profile: { ...incidents.profile, detectors: [], playbooks: [], containment } };
  const { clock } = incidents;
  ctx = {
    ...incidents,
    database: database.database,
    actor: CONTAINMENT,
    home,
    effectors: new Map(agentEffectors.map((one) => [one.name, one])),
    playbooks: new Map(),
    actionsUnderWay: new Set(),
    ownAgents: new Set(),
    recordTimeline: (trx, entry) => addTimelineEntry(trx, { actor: CONTAINMENT, clock }, entry),
  };
});
afterAll(async () => {
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

async function alarm(from: number, until: number) {
  const now = new Date(incidents.clock.now()).toISOString();
  await database.database.pool.query(
    `insert into agents (id, first_seen_at, last_seen_at) select 'agent-' || number, $1, $1 from generate_series($2::int, $3) as number`,
    [now, from, until - 1],
  );
  const ids: string[] = [];
  for (let index = from; index < until; index++) {
    incidents.clock.advance(1); // so that ids sort in this order
    ids.push(await insertAlert(incidents, { agentId: `agent-${index}` }));
  }
  const admissions = await admitAlerts(incidents, ids);
  const admitted = [...admissions].flatMap(([alertId, { incidentId }]) =>
    incidentId === null ? [] : [{ alertId, incidentId }],
  );
  await reactToAlerts(ctx, admitted);
  await reactToAlerts(ctx, admitted);
  return admitted.at(-1)?.incidentId ?? "";
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  const found = await database.database.pool.query<Record<string, unknown>>(text);
  return found.rows;
}
const askedIn = async (incidentId: string) =>
  (await rows(`select id from approvals where incident_id = '${incidentId}' order by id`)).map(({ id }) => String(id));

test("C-7: in a storm every agent is decided on, within the guard rails, and few of the questions are told", async () => {
  const id = await alarm(0, 40);
  expect(await rows("select 1 from incidents")).toHaveLength(6);
  expect(
    await rows("select state, rail, count(distinct agent_id)::int as agents from reactions group by 1, 2 order by 1"),
  ).toEqual([
    { state: "applied", rail: null, agents: 10 },
    { state: "waiting", rail: "rule_hour", agents: 30 },
  ]);
  const incident = await getIncident(incidents, id);
  expect(incident.storm).toMatchObject({ agents: 35 });
  const { items } = await listStormAgents(incidents, { id });
  expect(items.filter(({ decision }) => decision === null)).toEqual([]);
  // what acted is on the timeline, what only asks is told of the storm together
  expect(incident.timeline.filter(({ kind }) => kind === "approval")).toEqual([]);
  expect(incident.timeline.filter(({ text }) => text.includes("asks whether"))).toEqual([]);

  const told: string[] = [];
  const tell = async (again: boolean) => {
    for (const question of await askedIn(id))
      if (await takeQuestionOfStorm(incidents, { id: question, incidentId: id, again })) told.push(question);
  };
  await tell(false);
  expect(told).toHaveLength(1);
  await tell(false);
  expect(told, "the same questions again, as after a crash").toHaveLength(1);
  await alarm(40, 80);
  await tell(false);
  expect(told).toHaveLength(2);
  await tell(true);
  const [oldest] = await askedIn(id);
  expect(told.slice(2), "a reminder of the oldest").toEqual([oldest]);
});
