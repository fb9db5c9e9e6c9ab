import type { AgentEvent } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { raiseAlerts } from "../../alerts/index.ts";
import type { Finding } from "../../alerts/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import {
  admitAlerts,
  changeIncidentState,
  endStorms,
  getIncident,
  isEveryAgentStopped,
  listStormAgents,
} from "../index.ts";
import { createTestContext } from "../testing.ts";
import type { TestContext } from "../testing.ts";

const MINUTE_MS = 60_000;
let database: TestDatabase;
let ctx: TestContext;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.database.pool.query(
    "truncate alerts, incidents, timeline, storms, audit_log cascade; delete from graphile_worker._private_jobs",
  );
  ctx = await createTestContext(database.database);
});

/** One rule fires for each of these agents, as the detector tells it. @returns the alerts, as the outbox hands them over */
async function raise(agents: readonly string[], rule = "loop", level = "medium"): Promise<string[][]> {
  const now = ctx.clock.now();
  const findings = agents.map((agent) => findingOf(agent, rule, level, now));
  await inTransaction(ctx.database, (trx) => raiseAlerts(trx, ctx, findings));
  const jobs = await rows<{ ids: string[] }>(`
    select case when payload->'alertIds' is null then array[payload->>'alertId']
      else array(select json_array_elements_text(payload->'alertIds')) end as ids
    from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
    where tasks.identifier in ('alert.opened', 'alerts.opened') order by jobs.id`);
  await database.database.pool.query("delete from graphile_worker._private_jobs");
  return jobs.map(({ ids }) => ids);
}

function findingOf(agent: string, rule: string, level: string, now: number): Finding {
  const time = new Date(now).toISOString();
  const id = `${rule}-${agent}-${now}`;
  const event: AgentEvent = {
    seq: 1,
    id,
    time,
    receivedTime: time,
    source: "t",
    agent: { id: agent, session: `ses-${agent}` },
    kind: "tool_call",
    outcome: "success",
    data: {},
  };
  const match: Match = {
    ruleId: rule,
    title: `Rule ${rule}`,
    level,
    kind: "selection",
    tags: [],
    selections: [],
    eventIds: [id],
    firstTime: now,
    lastTime: now,
    sentence: `${agent} goes round in circles`,
    custom: {},
  };
  return { match, event };
}

const agentsOf = (count: number, name = "agent") => Array.from({ length: count }, (_, index) => `${name}-${index}`);

async function rows<Row>(text: string): Promise<Row[]> {
  const { rows: found } = await database.database.pool.query(text);
  return found as Row[];
}
const countEvents = async (change: string) =>
  (
    await rows(`select 1 from graphile_worker._private_jobs jobs
      join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
      where tasks.identifier || coalesce(':' || (payload->>'change'), '') = '${change}'`)
  ).length;

/** Several workers at once, as a server has them. */
async function admitAll(batches: readonly string[][]): Promise<void> {
  const left = [...batches];
  const work = async () => {
    for (let batch = left.shift(); batch !== undefined; batch = left.shift()) await admitAlerts(ctx, batch);
  };
  await Promise.all([work(), work(), work(), work()]);
}

test("D-9: 750 agents that loop at once open a few incidents, one of them the storm, and every alert says why", async () => {
  const batches = await raise(agentsOf(750));
  await admitAll(batches);
  const incidents = await rows<{ id: string; title: string; agent_id: string | null; summary: string | null }>(
    "select id, title, agent_id, summary from incidents order by id",
  );
  expect(incidents).toHaveLength(6);
  const [storm] = incidents.filter(({ title }) => title.startsWith("Alert storm"));
  expect(storm).toMatchObject({ title: "Alert storm: Rule loop", agent_id: null });
  expect(await rows("select alerts, agents, ended_at from storms")).toEqual([
    { alerts: 745, agents: 745, ended_at: null },
  ]);
  expect(await rows("select 1 from storm_agents")).toHaveLength(745);
  const reasons = await rows(`select decision->-1->>'stage' as stage, decision->-1->>'reason' as reason,
    decision->-1->>'by' as by, count(*)::int as count from alerts where incident_id is not null group by 1, 2, 3 order by 4`);
  expect(reasons).toEqual([
    { stage: "repeat", reason: "told_now", by: null, count: 5 },
    { stage: "storm", reason: "rule_storm", by: storm?.id, count: 745 },
  ]);
  expect(await rows("select 1 from audit_log where action = 'alert.link'")).toHaveLength(750);
  // told once, and again when it has doubled; the summary says where it stood then
  expect(await countEvents("incident.opened")).toBe(6);
  const updates = await countEvents("incident.changed:storm");
  expect(updates).toBeGreaterThan(0);
  expect(updates).toBeLessThan(10);
  expect(storm?.summary).toMatch(/^\d+ agents, \d+ alerts since .*: Rule loop\.$/);
  const { timeline } = await getIncident(ctx, storm?.id ?? "");
  expect(timeline.length).toBeLessThan(16);
  expect(timeline.map(({ text }) => text).join("\n")).toMatch(/opened 5 incidents within 10 min \(INC-.*one\n?.*/s);
  const view = await getIncident(ctx, storm?.id ?? "");
  expect(view.storm).toMatchObject({ agents: 745, alerts: 745, endedAt: null, decisions: [] });
  expect(view.storm?.rules).toEqual([{ ruleId: "loop", title: "Rule loop", alerts: 745 }]);
  const first = await listStormAgents(ctx, { id: storm?.id ?? "", limit: 500 });
  const rest = await listStormAgents(ctx, { id: storm?.id ?? "", limit: 500, after: first.next ?? "" });
  expect(new Set([...first.items, ...rest.items].map(({ agentId }) => agentId)).size).toBe(745);
  expect(rest.next).toBeNull();
  expect(first.items[0]).toMatchObject({ alerts: 1, decision: null });

  // the outbox hands them over again, as after a crash
  await admitAll(batches);
  expect(await rows("select alerts, agents from storms")).toEqual([{ alerts: 745, agents: 745 }]);
  expect(await countEvents("incident.opened")).toBe(6);
  expect(await countEvents("incident.changed:storm")).toBe(updates);
});

test("D-9: a storm ends after quiet, says so once, and what comes after opens incidents again", async () => {
  await admitAll(await raise(agentsOf(20)));
  const [{ id } = { id: "" }] = await rows<{ id: string }>("select incident_id as id from storms");
  ctx.clock.advance(20 * MINUTE_MS);
  await admitAll(await raise(["late"]));
  ctx.clock.advance(20 * MINUTE_MS);
  expect(await endStorms(ctx)).toBe(0);
  ctx.clock.advance(10 * MINUTE_MS);
  await database.database.pool.query("delete from graphile_worker._private_jobs");
  expect(await endStorms(ctx)).toBe(1);
  expect(await endStorms(ctx)).toBe(0);
  expect(await countEvents("incident.changed:storm")).toBe(1);
  const incident = await getIncident(ctx, id);
  expect(incident.state).toBe("detected");
  expect(incident.timeline.at(-1)?.text).toMatch(/^The storm is over: .* In all: 16 agents, 16 alerts/);
  expect(incident.summary).toMatch(/It is over/);
  expect(await rows("select 1 from audit_log where action = 'storm.end'")).toHaveLength(1);
  await admitAll(await raise(["after"]));
  expect(await rows("select 1 from incidents where agent_id = 'after'")).toHaveLength(1);
});

test("D-9: a slow attack on a few agents stays one incident each", async () => {
  for (const agent of agentsOf(12)) {
    await admitAll(await raise([agent]));
    ctx.clock.advance(3 * MINUTE_MS);
  }
  expect(await rows("select 1 from incidents where agent_id is not null")).toHaveLength(12);
  expect(await rows("select 1 from storms")).toEqual([]);
});

test("D-9: what is graver than the storm opens an incident of its own for an agent that is in it", async () => {
  await admitAll(await raise(agentsOf(10)));
  const [member = ""] = (await rows<{ agent_id: string }>("select agent_id from storm_agents")).map(
    (row) => row.agent_id,
  );
  await admitAll(await raise([member], "other", "low"));
  expect(await rows("select alerts, agents from storms")).toEqual([{ alerts: 6, agents: 5 }]);
  await admitAll(await raise([member], "theft", "critical"));
  expect(await rows(`select severity from incidents where agent_id = '${member}'`)).toEqual([{ severity: 1 }]);
  expect(await rows("select alerts from storms")).toEqual([{ alerts: 6 }]);
});

test("D-9: a storm whose incident a person settled takes in nothing more", async () => {
  await admitAll(await raise(agentsOf(10)));
  const [{ id } = { id: "" }] = await rows<{ id: string }>("select incident_id as id from storms");
  await changeIncidentState(ctx, { id, state: "false_positive", reason: "a test of ours" });
  await admitAll(await raise(agentsOf(3, "new")));
  const storms = await rows(
    "select incident_id = $$".concat(
      id,
      "$$ as is_old, alerts, ended_at is null as is_on from storms order by began_at",
    ),
  );
  expect(storms).toEqual([
    { is_old: true, alerts: 5, is_on: false },
    { is_old: false, alerts: 3, is_on: true },
  ]);
});

test("C-7: a storm is contained when a proved stop covers each agent in it", async () => {
  await admitAll(await raise(agentsOf(7)));
  const [{ id } = { id: "" }] = await rows<{ id: string }>("select incident_id as id from storms");
  const members = await rows<{ agent_id: string }>("select agent_id from storm_agents order by agent_id");
  const [one, other] = members.map(({ agent_id: agent }) => agent);
  const stop = (name: string, scope: string, target: string | undefined) =>
    database.database.pool.query(
      `insert into stops (id, hold, hold_id, incident_id, requested_at, completed_at, verified, drill, results)
       values ($1, $2, $1, $3, now(), now(), true, false, '[]')`,
      [name, JSON.stringify({ scope, target, level: "kill" }), id],
    );
  expect(await isEveryAgentStopped(ctx, id)).toBe(false);
  await stop("stop-1", "agent", one);
  expect(await isEveryAgentStopped(ctx, id)).toBe(false);
  await stop("stop-2", "session", `ses-${other ?? ""}`);
  expect(await isEveryAgentStopped(ctx, id)).toBe(true);
  expect(await isEveryAgentStopped(ctx, "INC-of-one-agent")).toBe(true);
});
