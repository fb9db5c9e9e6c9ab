/** Fills an installation with alerts, and measures in the room what happens to one more. */
import { requireAsServer } from "./lib/firebreak.mjs";
import { createSilence, decideAlerts, keepDecisions, receiveSignals } from "../packages/server/dist/alerts/index.js";
import { alertRules, createNewId, silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { inTransaction, openDatabase } from "../packages/server/dist/storage/index.js";

const { sql } = requireAsServer("kysely");

const ALERTS = 100_000;
const INCIDENTS = 500;
const SILENCES = 500;
const ROUNDS = 150;
const BATCH = 64;
const HOUR_MS = 3_600_000;

const severity = { label: "SEV", respondMinutes: 5 };
const profile = {
  name: "bench",
  title: "Bench",
  description: "",
  timeZone: "UTC",
  incidentIdPattern: "INC-YYYY-NNNN",
  severities: { 1: severity, 2: severity, 3: severity, 4: severity },
  reviews: { requiredFor: [], dueHours: 72 },
  detectors: [],
  placeholders: {},
  notifications: [],
  channels: [],
  templates: [],
  alerts: alertRules.parse({
    routes: Array.from({ length: 50 }, (_, i) => ({ name: `route-${i}`, match: `team="none-${i}", job=~"x-.*"` })),
    inhibitions: [
      { name: "down", source: "alertname=ClusterDown", target: "alertname!=ClusterDown", equal: ["cluster"] },
    ],
  }),
};
const actor = { kind: "person", id: "usr_bench", name: "bench" };
const newId = createNewId(() => systemClock.now());

/** Opens the installation's database, fills it, measures, and closes it again. */
export async function fillAndMeasure(home) {
  const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
  const ctx = { database, clock: systemClock, newId, actor, profile };
  try {
    for (let number = 0; number < SILENCES; number += 1) {
      await createSilence(ctx, {
        matchers: [
          { name: "team", op: "=", value: `gone-${number}` },
          { name: "instance", op: "=~", value: `db-${number}[0-9]+` },
        ],
        reason: "benchmark",
        endsAt: new Date(systemClock.now() + HOUR_MS).toISOString(),
      });
    }
    await fill(database);
    return { decideMs: await measureDecisions(ctx), repeatMs: await measureRepeats(ctx) };
  } finally {
    await database.close();
  }
}

/** 100,000 open alerts of senders: two in five on an incident, the others held by a silence; labels as Prometheus has them. */
async function fill({ kysely }) {
  await sql`
    insert into incidents (id, title, type, severity, severity_label, state, profile, began_at, detected_at, opened_at, updated_at)
    select 'INC-2026-' || lpad(i::text, 4, '0'), 'Incident ' || i, 'other', 2, 'SEV-2', 'triaged', 'ai-empire', now(), now(), now(), now()
    from generate_series(1, ${INCIDENTS}::int) i`.execute(kysely);
  await sql`
    insert into alerts (id, fingerprint, source, kind, key, title, level, severity, incident_type, status, sentence, detail,
      first_event_at, last_event_at, occurrences, event_ids, labels, annotations, disposition, held_by, decision, incident_id,
      created_at, updated_at)
    select 'alr_' || lpad(i::text, 26, '0'), 'fingerprint-' || i, 'prometheus', 'alertmanager', 'key-' || i,
      'Alert ' || i % 200, 'high', 1 + i % 4, 'other', 'open', 'The value is ' || i,
      jsonb_build_object('generatorURL', 'http://prometheus.example.org/graph?g0.expr=' || i, 'value', i),
      now() - interval '1 hour', now(), 1 + i % 7, '[]',
      jsonb_build_object('alertname', 'Alert ' || i % 200, 'instance', 'web-' || i % 20000, 'job', 'job-' || i % 20,
        'severity', 'high', 'team', 'team-' || i % 10, 'cluster', 'cluster-' || i % 8, 'namespace', 'space-' || i % 300,
        'firebreak_source', 'prometheus', 'firebreak_kind', 'alertmanager'),
      jsonb_build_object('summary', 'Something is wrong with ' || i, 'runbook', 'https://runbooks.example.org/' || i % 200),
      case when i % 5 < 2 then 'incident' else 'held' end, case when i % 5 < 2 then null else 'sil_bench' end,
      '[{"stage": "silence", "reason": "silenced", "by": "sil_bench", "until": null}]',
      case when i % 5 < 2 then 'INC-2026-' || lpad((1 + i % ${INCIDENTS}::int)::text, 4, '0') end, now(), now()
    from generate_series(1, ${ALERTS}::int) i`.execute(kysely);
  await sql`vacuum analyze alerts`.execute(kysely);
}

function signalOf(key) {
  return {
    source: "prometheus",
    kind: "alertmanager",
    key,
    action: "trigger",
    title: "High latency",
    text: null,
    severity: 2,
    labels: { team: "team-3", cluster: "cluster-9", instance: key, job: "job-1" },
    annotations: {},
    links: [],
    startsAtMs: systemClock.now(),
    endsAtMs: null,
    staleAfterMs: null,
    groupKey: null,
    agentId: null,
    pack: null,
    detail: {},
    notes: [],
  };
}

/** One alert through every stage, its decision committed. */
async function measureDecisions(ctx) {
  const values = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [outcome] = await receiveSignals(ctx, [signalOf(`new-${round}`)]);
    const startedMs = systemClock.monotonicMs();
    await inTransaction(ctx.database, async (trx) => {
      const decided = await decideAlerts(trx, ctx, [outcome?.alertId ?? ""]);
      await keepDecisions(
        trx,
        ctx,
        decided.map((one) => ({ ...one, incidentId: null })),
      );
    });
    values.push(systemClock.monotonicMs() - startedMs);
  }
  return values;
}

/** What Prometheus does every minute: the same alerts again, 64 in a request. */
async function measureRepeats(ctx) {
  const batch = Array.from({ length: BATCH }, (_, index) => signalOf(`repeat-${index}`));
  const values = [];
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    const startedMs = systemClock.monotonicMs();
    await receiveSignals(ctx, batch);
    values.push(systemClock.monotonicMs() - startedMs);
  }
  return values;
}
