import { createHash } from "node:crypto";
import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { AgentEvent, Severity } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import { recordAudit } from "../audit/index.ts";
import { DEFAULT_REDACTION, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { cameLate, LATE_LABEL } from "./came-late.ts";
import { judgeMatch } from "./judge-match.ts";
import type { AlertProfile } from "./judge-match.ts";
import { readOccurrence } from "./occurrence.ts";
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

/**
 * Turns matches into alerts. While an alert of the same rule, agent and session is open, another match raises its count
 * instead of opening a second one; the same match seen again (its last event is known to the alert) changes nothing.
 * A new alert emits `alert.opened` in the caller's transaction.
 *
 * @returns one result per alert touched, in order of first appearance
 */
export async function raiseAlerts(trx: Trx, ctx: RaiseContext, findings: readonly Finding[]): Promise<Raised[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const fingerprint = fingerprintOf(finding, ctx.lateMs);
    const group = groups.get(fingerprint);
    if (group === undefined) groups.set(fingerprint, [finding]);
    else group.push(finding);
  }
  const raised: Raised[] = [];
  for (const [fingerprint, group] of groups) raised.push(await raiseGroup(trx, ctx, fingerprint, group));
  return raised;
}

/** One match. See {@link raiseAlerts}. */
export async function raiseAlert(trx: Trx, ctx: RaiseContext, finding: Finding): Promise<Raised> {
  return raiseGroup(trx, ctx, fingerprintOf(finding, ctx.lateMs), [finding]);
}

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

async function raiseGroup(
  trx: Trx,
  ctx: RaiseContext,
  fingerprint: string,
  group: readonly Finding[],
): Promise<Raised> {
  const newest = group.at(-1);
  if (newest === undefined) throw new TypeError("a group of findings has at least one");
  const alertId = await insertAlert(trx, ctx, { fingerprint, group, newest });
  if (alertId !== undefined) {
    const { ruleId, title } = newest.match;
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: { kind: "rule", id: ruleId, name: toStorableText(title) },
      action: "alert.open",
      target: alertId,
      detail: { fingerprint, occurrences: group.length },
    });
    await emitDomainEvent(trx, { type: "alert.opened", alertId });
    await notifyLive(trx, "alert", alertId);
    return { alertId, opened: true };
  }
  const known = await extendAlert(trx, ctx, { fingerprint, group, newest });
  // The open alert was resolved between the two statements: now there is room for a new one.
  return known ?? raiseGroup(trx, ctx, fingerprint, group);
}

interface Group {
  readonly fingerprint: string;
  readonly group: readonly Finding[];
  readonly newest: Finding;
}

async function insertAlert(
  trx: Trx,
  ctx: RaiseContext,
  { fingerprint, group, newest }: Group,
): Promise<string | undefined> {
  const { match } = newest;
  const agent = agentOf(newest);
  const { severity, incidentType } = judgeMatch(ctx.profile, match);
  const now = toIso(ctx.clock.now());
  const row = await trx
    .insertInto("alerts")
    .values({
      id: ctx.newId("alert"),
      fingerprint,
      rule_id: match.ruleId,
      source: "detection",
      kind: "sigma",
      key: fingerprint,
      occurrence: await readOccurrence(trx, fingerprint),
      labels: toStorableJson(labelsOf(newest, severity, ctx.lateMs)),
      annotations: "{}",
      links: "[]",
      notes: "[]",
      group_key: null,
      title: toStorableText(match.title),
      level: match.level,
      severity,
      incident_type: incidentType,
      status: "open",
      agent_id: agent.id ?? null,
      pack: agent.pack ?? null,
      session_id: agent.session ?? null,
      sentence: toStorableText((ctx.maskText ?? DEFAULT_MASK)(match.sentence)),
      detail: toStorableJson(describeMatch(match, ctx.maskText)),
      first_event_at: toIso(Math.min(...group.map((finding) => finding.match.firstTime))),
      last_event_at: toIso(Math.max(...group.map((finding) => finding.match.lastTime))),
      occurrences: group.length,
      event_ids: toStorableJson(mergeIds([], group)),
      resolution: null,
      held_by: null,
      incident_id: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column("fingerprint").where("status", "=", "open").doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id;
}

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

async function extendAlert(
  trx: Trx,
  ctx: RaiseContext,
  { fingerprint, group, newest }: Group,
): Promise<Raised | undefined> {
  const known = await trx
    .selectFrom("alerts")
    .selectAll()
    .where("fingerprint", "=", fingerprint)
    .where("status", "=", "open")
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined) return undefined;
  const fresh = group.filter(({ event }) => event === undefined || !known.event_ids.includes(event.id));
  if (fresh.length === 0) return { alertId: known.id, opened: false };
  const { match } = newest;
  const firstMs = Math.min(known.first_event_at.getTime(), ...fresh.map((finding) => finding.match.firstTime));
  const lastMs = Math.max(known.last_event_at.getTime(), ...fresh.map((finding) => finding.match.lastTime));
  await trx
    .updateTable("alerts")
    .set({
      occurrences: known.occurrences + fresh.length,
      first_event_at: toIso(firstMs),
      last_event_at: toIso(lastMs),
      event_ids: toStorableJson(mergeIds(known.event_ids, fresh)),
      sentence: toStorableText((ctx.maskText ?? DEFAULT_MASK)(match.sentence)),
      detail: toStorableJson(describeMatch(match, ctx.maskText)),
      updated_at: toIso(ctx.clock.now()),
    })
    .where("id", "=", known.id)
    .execute();
  await notifyLive(trx, "alert", known.id);
  return { alertId: known.id, opened: false };
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
