import { collectDefaultMetrics, Registry } from "prom-client";
import { sql } from "kysely";
import { messageOf } from "../../kernel/index.ts";
import type { House } from "../house.ts";
import { GUARD_LEVELS, SETTLED_STATES } from "@firebreak/protocol";
import { activationLines, durationLines, head, line, stateLines } from "./killswitch-lines.ts";

export interface Metrics {
  /** @returns everything in the text format of Prometheus */
  read(): Promise<string>;
}

/** An answer is kept for so long: who asks often asks the database no more than this. */
const KEPT_MS = 1_000;

/** What operators watch of one node. Without its database it says so, and the rest. */
export function createMetrics(house: House): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let kept: { text: Promise<string>; untilMs: number } | null = null;
  return {
    read: () => {
      const now = house.clock.monotonicMs();
      if (kept === null || kept.untilMs <= now) kept = { text: collect(house, registry), untilMs: now + KEPT_MS };
      return kept.text;
    },
  };
}

async function collect(house: House, registry: Registry): Promise<string> {
  const { holds, epoch, health } = house.killswitch.current();
  const parts = [
    ...stateLines(holds),
    ...gauge("firebreak_killswitch_epoch", "Rises with every change of the kill switch.", epoch),
    ...gauge("firebreak_killswitch_journal_healthy", "1 when the journal can be read.", health.state === "ok" ? 1 : 0),
    ...gauge("firebreak_build_info", "The version that runs.", 1, { version: house.version }),
    ...canaryLines(house),
    ...intakeLines(house),
    ...guardLines(house),
    ...(await databaseLines(house)),
  ];
  return `${parts.join("\n")}\n${await registry.metrics()}`;
}

function gauge(name: string, help: string, value: number, labels: Readonly<Record<string, string>> = {}): string[] {
  return [...head(name, "gauge", help), line(name, labels, value)];
}

function counter(name: string, help: string, value: number): string[] {
  return [...head(name, "counter", help), line(name, {}, value)];
}

function canaryLines({ canary }: House): string[] {
  const { state, at, freezeMs, killMs } = canary.view();
  const name = "firebreak_canary_stop_seconds";
  const times = [
    ...(freezeMs === null ? [] : [["freeze", freezeMs] as const]),
    ...(killMs === null ? [] : [["kill", killMs] as const]),
  ];
  return [
    ...gauge(
      "firebreak_canary_ok",
      "1 when the kill switch stopped its test agent in time.",
      state === "failing" ? 0 : 1,
    ),
    ...gauge(
      "firebreak_canary_last_run_timestamp_seconds",
      "When it last ran.",
      at === null ? 0 : Date.parse(at) / 1000,
    ),
    ...head(name, "gauge", "From the stop of the test agent to its proof."),
    ...times.map(([level, ms]) => line(name, { level }, ms / 1000)),
  ];
}

function intakeLines({ intake, detector }: House): string[] {
  const { queuedEvents, queuedBytes, accepted, duplicates, turnedAway, commits } = intake.stats();
  const { engine, restarts, unjudged } = detector.status();
  return [
    ...counter("firebreak_events_accepted_total", "Events stored since the start.", accepted),
    ...counter("firebreak_events_repeated_total", "Events that had come before.", duplicates),
    ...counter("firebreak_intake_commits_total", "Commits that stored them.", commits),
    ...counter("firebreak_intake_refused_total", "Requests turned away because the queue was full.", turnedAway),
    ...gauge("firebreak_intake_queued_events", "Events that wait for the database.", queuedEvents),
    ...gauge("firebreak_intake_queued_bytes", "Bytes that wait for the database.", queuedBytes),
    ...counter("firebreak_rule_matches_total", "Matches of rules since they were read.", engine?.matches ?? 0),
    ...counter("firebreak_rule_state_lost_total", "Groups that detection had to forget.", engine?.evictedGroups ?? 0),
    ...counter("firebreak_judging_restarts_total", "Threads that judged events and ended by themselves.", restarts),
    ...counter("firebreak_events_unjudged_total", "Events passed over because they ended such a thread.", unjudged),
  ];
}

function guardLines({ guard }: House): string[] {
  const { level, measures } = guard.status();
  const name = "firebreak_host_used_percent";
  return [
    ...gauge("firebreak_guard_level", "0 normal, 1 warn, 2 critical, 3 emergency.", GUARD_LEVELS.indexOf(level)),
    ...head(name, "gauge", "What the resource guard sees used of processor, memory and disk."),
    ...measures.map((measure) => line(name, { resource: measure.name }, measure.percent)),
  ];
}

/** Counted in one statement each; a database that is away is itself what these say. */
async function databaseLines(house: House): Promise<string[]> {
  try {
    const [activations, durations, counts] = await Promise.all([
      activationLines(house),
      durationLines(house),
      countLines(house),
    ]);
    return [
      ...gauge("firebreak_database_up", "1 when the database answers.", 1),
      ...activations,
      ...durations,
      ...counts,
    ];
  } catch (fault) {
    house.logger.warn("the database does not answer for the metrics", { problem: messageOf(fault) });
    return gauge("firebreak_database_up", "1 when the database answers.", 0);
  }
}

interface Count {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly count: string;
}

const HELP: Readonly<Record<string, string>> = {
  firebreak_alerts_open: "Open alerts, by severity.",
  firebreak_incidents_open: "Incidents that are not settled, by severity.",
  firebreak_sessions: "Sessions of agents, by state.",
  firebreak_approvals_pending: "Questions that wait for a person.",
  firebreak_deliveries_failed: "Notifications that were given up.",
  firebreak_jobs: "Durable work: what waits, and what was given up.",
  firebreak_reactions_day: "What automatic containment decided in the last 24 hours, by state.",
  firebreak_reactions_held_day: "Automatic acts that a guard rail held back in the last 24 hours, by rail.",
};

const DAY_MS = 86_400_000;

async function countLines({ database, clock }: House): Promise<string[]> {
  const dayAgo = new Date(clock.now() - DAY_MS);
  const { rows } = await sql<Count>`
    select 'firebreak_alerts_open' as name, 'severity' as label, severity::text as value, count(*) as count
      from alerts where status = 'open' group by severity
    union all select 'firebreak_incidents_open', 'severity', severity::text, count(*) from incidents
      where state <> all(${[...SETTLED_STATES]}) group by severity
    union all select 'firebreak_sessions', 'state', state, count(*) from agent_sessions group by state
    union all select 'firebreak_approvals_pending', '', '', count(*) from approvals where state = 'pending'
    union all select 'firebreak_deliveries_failed', '', '', count(*) from deliveries where state = 'failed'
    union all select 'firebreak_reactions_day', 'state', state, count(*) from reactions
      where at > ${dayAgo} group by state
    union all select 'firebreak_reactions_held_day', 'rail', rail, count(*) from reactions
      where at > ${dayAgo} and rail is not null and mode = 'act' group by rail
    union all select 'firebreak_jobs', 'state', case when attempts >= max_attempts then 'failed' else 'waiting' end,
      count(*) from graphile_worker._private_jobs group by 3`.execute(database.kysely);
  return Object.entries(HELP).flatMap(([name, help]) => [
    ...head(name, "gauge", help),
    ...rows
      .filter((row) => row.name === name)
      .map((row) => line(name, row.label === "" ? {} : { [row.label]: row.value }, Number(row.count))),
  ]);
}
