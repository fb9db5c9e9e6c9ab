import { createHash } from "node:crypto";
import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { AgentEvent, Severity } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import { recordAudits } from "../audit/index.ts";
import { DEFAULT_REDACTION, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { emitDomainEvents, notifyLiveOfAll } from "../storage/index.ts";
import type { AlertsTable, DomainEvent, Trx } from "../storage/index.ts";
import { cameLate, LATE_LABEL } from "./came-late.ts";
import { judgeMatch } from "./judge-match.ts";
import type { AlertProfile } from "./judge-match.ts";
import { readOccurrences } from "./occurrence.ts";
import { toStorableJson, toStorableText } from "./storable-text.ts";

export interface RaiseContext {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly profile: AlertProfile;
  /** takes out of text what must not be shown; by default what a profile that says nothing takes out */
  readonly maskText?: (text: string) => string;
  /** how long after it happened something may be told and still be acted on at once; an hour if left out */
  readonly lateMs?: number;
}

/** A match and the event that completed it; none when it came true because something did not happen. */
export interface Finding {
  readonly match: Match;
  readonly event: AgentEvent | undefined;
}

export interface Raised {
  readonly alertId: string;
  /** false when an open alert of the same rule, agent and session took it in */
  readonly opened: boolean;
}

const DEFAULT_MASK = createRedactor(DEFAULT_REDACTION).maskText;

/** Event ids kept with an alert: the newest. */
const EVENT_IDS_MAX = 100;
/** Alerts that one statement writes. */
const GROUPS_PER_STATEMENT = 500;

/**
 * Turns matches into alerts. While an alert of the same rule, agent and session is open, another match raises its count
 * instead of opening a second one; the same match seen again (its last event is known to the alert) changes nothing.
 * A new alert emits `alert.opened` in the caller's transaction.
 *
 * @returns one result per alert touched, in order of first appearance
 */
export async function raiseAlerts(trx: Trx, ctx: RaiseContext, findings: readonly Finding[]): Promise<Raised[]> {
  const groups = groupFindings(findings, ctx.lateMs);
  const raised = new Map<string, Raised>();
  for (let from = 0; from < groups.length; from += GROUPS_PER_STATEMENT) {
    // Locks are taken in one order, so that two who raise the same alerts do not wait for each other.
    let left = groups.slice(from, from + GROUPS_PER_STATEMENT).toSorted(byFingerprint);
    while (left.length > 0) {
      for (const [fingerprint, alertId] of await extendOpen(trx, ctx, left)) {
        raised.set(fingerprint, { alertId, opened: false });
      }
      left = left.filter(({ fingerprint }) => !raised.has(fingerprint));
      for (const [fingerprint, alertId] of await openAlerts(trx, ctx, left)) {
        raised.set(fingerprint, { alertId, opened: true });
      }
      // What is left was opened by somebody else between the two statements: it is extended now.
      left = left.filter(({ fingerprint }) => !raised.has(fingerprint));
    }
  }
  return groups.flatMap(({ fingerprint }) => raised.get(fingerprint) ?? []);
}

/** One match. See {@link raiseAlerts}. */
export async function raiseAlert(trx: Trx, ctx: RaiseContext, finding: Finding): Promise<Raised> {
  const [raised] = await raiseAlerts(trx, ctx, [finding]);
  if (raised === undefined) throw new TypeError("a finding raises one alert");
  return raised;
}

/** Findings of one alert, in order. */
interface Group {
  readonly fingerprint: string;
  readonly findings: readonly Finding[];
  readonly newest: Finding;
}

function groupFindings(findings: readonly Finding[], lateMs: number | undefined): Group[] {
  const groups = new Map<string, { fingerprint: string; findings: Finding[]; newest: Finding }>();
  for (const finding of findings) {
    const fingerprint = fingerprintOf(finding, lateMs);
    const group = groups.get(fingerprint);
    if (group === undefined) groups.set(fingerprint, { fingerprint, findings: [finding], newest: finding });
    else {
      group.findings.push(finding);
      group.newest = finding;
    }
  }
  return [...groups.values()];
}

const byFingerprint = (one: Group, other: Group) => (one.fingerprint < other.fingerprint ? -1 : 1);

/**
 * What is not about an event is about its group: two backups that are missing are two alerts. What came late has alerts of its
 * own, so that what happens now opens one that is acted on.
 */
function fingerprintOf(finding: Finding, lateMs: number | undefined): string {
  const { match, event } = finding;
  const agent = agentOf(finding);
  const parts = [
    match.ruleId,
    agent.id ?? null,
    agent.session ?? null,
    ...(event === undefined ? [match.groupBy] : []),
    ...(cameLate(finding, lateMs) ? ["late"] : []),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Whom a finding is about: the event's agent, or what its group says. */
export interface FindingAgent {
  readonly id?: string | undefined;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
}

export function agentOf({ match: { groupBy = {} }, event }: Finding): FindingAgent {
  if (event !== undefined) return event.agent;
  return { id: groupBy["agent.id"], pack: groupBy["agent.pack"], session: groupBy["agent.session"] };
}

/** @returns the ids of the alerts that are new, by fingerprint */
async function openAlerts(trx: Trx, ctx: RaiseContext, groups: readonly Group[]): Promise<Map<string, string>> {
  if (groups.length === 0) return new Map();
  const occurrences = await readOccurrences(
    trx,
    groups.map(({ fingerprint }) => fingerprint),
  );
  const inserted = await trx
    .insertInto("alerts")
    .values(groups.map((group) => rowOf(ctx, group, (occurrences.get(group.fingerprint) ?? 0) + 1)))
    .onConflict((conflict) => conflict.column("fingerprint").where("status", "=", "open").doNothing())
    .returning(["id", "fingerprint"])
    .execute();
  const ids = new Map(inserted.map(({ id, fingerprint }) => [fingerprint, id]));
  await tellOfOpened(trx, ctx, groups, ids);
  return ids;
}

async function tellOfOpened(
  trx: Trx,
  { clock }: RaiseContext,
  groups: readonly Group[],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const opened = groups.flatMap(({ fingerprint, findings, newest }) => {
    const alertId = ids.get(fingerprint);
    if (alertId === undefined) return [];
    const { ruleId, title } = newest.match;
    const actor = { kind: "rule" as const, id: ruleId, name: toStorableText(title) };
    return [{ alertId, actor, detail: { fingerprint, occurrences: findings.length } }];
  });
  const at = clock.now();
  await recordAudits(
    trx,
    opened.map(({ alertId, actor, detail }) => ({ at, actor, action: "alert.open", target: alertId, detail })),
  );
  await emitDomainEvents(trx, openedEvents(opened.map(({ alertId }) => alertId).toSorted()));
  await notifyLiveOfAll(
    trx,
    "alert",
    opened.map(({ alertId }) => alertId),
  );
}

/** More alerts than this at once are decided on together, so many in one transaction. */
const ALONE_MAX = 8;
const TOGETHER_MAX = 50;

/** A few are decided on each by itself and at the same time, which is faster for each. */
function openedEvents(ids: readonly string[]): DomainEvent[] {
  if (ids.length <= ALONE_MAX) return ids.map((alertId) => ({ type: "alert.opened", alertId }));
  const events: DomainEvent[] = [];
  for (let from = 0; from < ids.length; from += TOGETHER_MAX) {
    events.push({ type: "alerts.opened", alertIds: ids.slice(from, from + TOGETHER_MAX) });
  }
  return events;
}

function rowOf(ctx: RaiseContext, { fingerprint, findings, newest }: Group, occurrence: number) {
  const { match } = newest;
  const agent = agentOf(newest);
  const { severity, incidentType } = judgeMatch(ctx.profile, match);
  const now = toIso(ctx.clock.now());
  return {
    id: ctx.newId("alert"),
    fingerprint,
    rule_id: match.ruleId,
    source: "detection",
    kind: "sigma",
    key: fingerprint,
    occurrence,
    labels: toStorableJson(labelsOf(newest, severity, ctx.lateMs)),
    annotations: "{}",
    links: "[]",
    notes: "[]",
    group_key: null,
    title: toStorableText(match.title),
    level: match.level,
    severity,
    incident_type: incidentType,
    status: "open" as const,
    agent_id: agent.id ?? null,
    pack: agent.pack ?? null,
    session_id: agent.session ?? null,
    sentence: toStorableText((ctx.maskText ?? DEFAULT_MASK)(match.sentence)),
    detail: toStorableJson(describeMatch(match, ctx.maskText)),
    first_event_at: toIso(earliest(findings)),
    last_event_at: toIso(latest(findings)),
    occurrences: findings.length,
    event_ids: toStorableJson(mergeIds([], findings)),
    resolution: null,
    held_by: null,
    incident_id: null,
    created_at: now,
    updated_at: now,
  };
}

const earliest = (findings: readonly Finding[]) => Math.min(...findings.map(({ match }) => match.firstTime));
const latest = (findings: readonly Finding[]) => Math.max(...findings.map(({ match }) => match.lastTime));

/** What matchers of silences and routes see of a match. */
function labelsOf(finding: Finding, severity: Severity, lateMs: number | undefined): Record<string, string> {
  const { match } = finding;
  const agent = agentOf(finding);
  return {
    alertname: match.title,
    rule: match.ruleId,
    level: match.level,
    severity: SEVERITY_NAMES[severity],
    ...(agent.id === undefined ? {} : { agent: agent.id }),
    ...(agent.pack === undefined ? {} : { pack: agent.pack }),
    ...(agent.session === undefined ? {} : { session: agent.session }),
    firebreak_source: "detection",
    firebreak_kind: "sigma",
    ...(cameLate(finding, lateMs) ? { [LATE_LABEL]: "true" } : {}),
  };
}

/** @returns the ids of the alerts that were open, by fingerprint */
async function extendOpen(trx: Trx, ctx: RaiseContext, groups: readonly Group[]): Promise<Map<string, string>> {
  const open = await trx
    .selectFrom("alerts")
    .select(["id", "fingerprint", "occurrences", "event_ids", "first_event_at", "last_event_at"])
    .where(
      "fingerprint",
      "in",
      groups.map(({ fingerprint }) => fingerprint),
    )
    .where("status", "=", "open")
    .orderBy("fingerprint")
    .forUpdate()
    .execute();
  const known = new Map(open.map((row) => [row.fingerprint, row]));
  const changes = groups.flatMap((group) => {
    const row = known.get(group.fingerprint);
    return row === undefined ? [] : (extensionOf(ctx, row, group) ?? []);
  });
  if (changes.length > 0) await writeExtensions(trx, ctx, changes);
  return new Map(open.map(({ id, fingerprint }) => [fingerprint, id]));
}

type OpenAlert = Pick<
  Selectable<AlertsTable>,
  "id" | "fingerprint" | "occurrences" | "event_ids" | "first_event_at" | "last_event_at"
>;

/** @returns what an open alert becomes, or undefined when it knows of all that was found */
function extensionOf(ctx: RaiseContext, known: OpenAlert, { findings, newest: { match } }: Group) {
  const fresh = findings.filter(({ event }) => event === undefined || !known.event_ids.includes(event.id));
  if (fresh.length === 0) return undefined;
  return {
    id: known.id,
    occurrences: known.occurrences + fresh.length,
    first_event_at: toIso(Math.min(known.first_event_at.getTime(), earliest(fresh))),
    last_event_at: toIso(Math.max(known.last_event_at.getTime(), latest(fresh))),
    event_ids: mergeIds(known.event_ids, fresh),
    sentence: (ctx.maskText ?? DEFAULT_MASK)(match.sentence),
    detail: describeMatch(match, ctx.maskText),
  };
}

type Extension = NonNullable<ReturnType<typeof extensionOf>>;

async function writeExtensions(trx: Trx, { clock }: RaiseContext, changes: readonly Extension[]): Promise<void> {
  await sql`
    update alerts set occurrences = change.occurrences, first_event_at = change.first_event_at,
      last_event_at = change.last_event_at, event_ids = change.event_ids, sentence = change.sentence,
      detail = change.detail, updated_at = ${toIso(clock.now())}
    from jsonb_to_recordset(${toStorableJson(changes)}::jsonb) as change(id text, occurrences int,
      first_event_at timestamptz, last_event_at timestamptz, event_ids jsonb, sentence text, detail jsonb)
    where alerts.id = change.id`.execute(trx);
  await notifyLiveOfAll(
    trx,
    "alert",
    changes.map(({ id }) => id),
  );
}

/** The id of the event that completed a match is last in its list, so it is what the cap keeps longest. */
function mergeIds(known: readonly string[], group: readonly Finding[]): string[] {
  const ids = new Set(known);
  for (const { match, event } of group)
    for (const id of [...match.eventIds, event?.id]) if (id !== undefined) ids.add(id);
  return [...ids].slice(-EVENT_IDS_MAX);
}

function describeMatch(match: Match, maskText = DEFAULT_MASK): Record<string, unknown> {
  const { kind, tags, groupBy, count, threshold, condition, timespanMs } = match;
  const selections = match.selections.map(({ name, fields }) => ({
    name,
    fields: fields.map((field) => ({ ...field, value: maskText(field.value) })),
  }));
  return { kind, tags, selections, groupBy, count, threshold, condition, timespanMs };
}
