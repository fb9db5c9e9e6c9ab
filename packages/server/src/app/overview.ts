import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { Hold, IncidentSummary, Overview } from "@firebreak/protocol";
import { sql } from "kysely";
import { countOpenAlerts } from "../alerts/index.ts";
import { countPendingApprovals } from "../approvals/index.ts";
import { listIncidents } from "../incidents/index.ts";
import { countFailedDeliveries } from "../notify/index.ts";
import { countUnclaimed } from "../senders/index.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";

const INCIDENTS_MAX = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** With more events than this in the last hour the exact count costs more than it tells. */
const EVENTS_COUNTED_MAX = 100_000;

/** What is wrong, what is stopped, what to do next. */
export async function getOverview(house: House): Promise<Overview> {
  const ctx = contextFor(house, DAEMON);
  const { holds } = house.killswitch.current();
  const [incidents, openAlerts, failedDeliveries, agents, eventsLastHour, unclaimed, questions] = await Promise.all([
    listIncidents(ctx, { state: "open", limit: INCIDENTS_MAX }),
    countOpenAlerts(ctx),
    countFailedDeliveries(ctx),
    countSessions(house),
    countRecentEvents(house),
    countUnclaimed(house, house.clock.now() - DAY_MS),
    countPendingApprovals(house),
  ]);
  const openIncidents = incidents.items.toSorted((a, b) => a.severity - b.severity);
  return {
    severityLabels: Object.fromEntries(
      Object.entries(house.profile.severities).map(([level, one]) => [level, one.label]),
    ),
    openIncidents,
    openAlerts,
    pendingApprovals: questions,
    holds: [...holds],
    canary: house.canary.view(),
    agents,
    failedDeliveries,
    eventsLastHour,
    ruleErrors: house.detector
      .rules()
      .errors.map(({ file, line, message, remedy }) => ({ file, line, message, remedy })),
    nextSteps: nextSteps({
      house,
      incidents: openIncidents,
      holds,
      failedDeliveries,
      unclaimed,
      questions,
      lostSessions: agents.lost,
    }),
  };
}

async function countSessions(house: House): Promise<Overview["agents"]> {
  const rows = await house.database.kysely
    .selectFrom("agent_sessions")
    .select(["state", (select) => select.fn.countAll<string>().as("count")])
    .groupBy("state")
    .execute();
  const count = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
  const [running, frozen, lost] = [count("running"), count("frozen"), count("lost")];
  return { running, frozen, lost, total: running + frozen + lost + count("exited") };
}

async function countRecentEvents(house: House): Promise<number> {
  const since = new Date(house.clock.now() - HOUR_MS);
  const { rows } = await sql<{ count: string }>`
    select count(*) as count
    from (select 1 from events where time >= ${since} limit ${EVENTS_COUNTED_MAX}) as recent`.execute(
    house.database.kysely,
  );
  return Number(rows[0]?.count ?? 0);
}

interface Situation {
  readonly house: House;
  readonly incidents: readonly IncidentSummary[];
  readonly holds: readonly Hold[];
  readonly failedDeliveries: number;
  /** messages of senders with a key that no source has */
  readonly unclaimed: number;
  /** approvals that nobody has answered */
  readonly questions: number;
  readonly lostSessions: number;
}

const STEPS_MAX = 12;

/** Most urgent first: the machinery itself, then who is not answered for, then what waits for a decision. */
function nextSteps(situation: Situation): Overview["nextSteps"] {
  const { house, incidents, holds, failedDeliveries, unclaimed, questions, lostSessions } = situation;
  const steps: { text: string; href: string }[] = [];
  const { health } = house.killswitch.current();
  if (health.state !== "ok") steps.push({ text: `${health.problem} ${health.remedy}`, href: "/killswitch" });
  const canary = house.canary.view();
  if (canary.problem !== null) {
    steps.push({ text: `The kill switch did not stop its test agent: ${canary.problem}`, href: "/killswitch" });
  }
  if (lostSessions > 0) {
    steps.push({
      text: `${lostSessions} session(s) went silent: check whether their agents still run`,
      href: "/agents",
    });
  }
  if (questions > 0) {
    steps.push({ text: `${questions} question(s) wait for a person to approve or deny`, href: "/approvals" });
  }
  for (const incident of incidents) steps.push(...stepsFor(incident));
  const loose = holds.filter((hold) => !incidents.some((incident) => incident.id === hold.incidentId));
  for (const hold of loose) {
    const what = hold.target === null ? "Everything" : `${hold.scope} ${hold.target}`;
    steps.push({ text: `${what} is stopped (${hold.reason}): resume it when it is safe`, href: "/killswitch" });
  }
  if (failedDeliveries > 0) {
    steps.push({ text: `${failedDeliveries} notification(s) failed: tell people another way`, href: "/incidents" });
  }
  if (unclaimed > 0) {
    steps.push({
      text: `${unclaimed} message(s) of senders came with a wrong key since yesterday: see what was refused`,
      href: "/settings",
    });
  }
  for (const problem of house.profileProblems) {
    steps.push({ text: `Mend ${problem.file}:${problem.line}: ${problem.message}`, href: "/settings" });
  }
  return steps.slice(0, STEPS_MAX);
}

function stepsFor(incident: IncidentSummary): Overview["nextSteps"] {
  const href = `/incidents/${incident.id}`;
  const name = `${incident.id} (${incident.severityLabel}, ${SEVERITY_NAMES[incident.severity]})`;
  const responded = incident.clocks.find((one) => one.kind === "respond")?.stoppedAt ?? null;
  if (responded === null) return [{ text: `Acknowledge ${name}: ${incident.title}`, href }];
  if (incident.state === "detected" || incident.state === "triaged")
    return [{ text: `Contain ${name}: ${incident.title}`, href }];
  return [{ text: `Find the cause of ${name}, resume the agent, resolve`, href }];
}
