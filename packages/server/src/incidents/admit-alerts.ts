import { SETTLED_STATES } from "@firebreak/protocol";
import type { Severity, StageDecision } from "@firebreak/protocol";
import { sql } from "kysely";
import { decideAlerts, keepDecisions } from "../alerts/index.ts";
import type { Decided, Kept } from "../alerts/index.ts";
import { recordAudits } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { createIncident } from "./create-incident.ts";
import { writeSeverity } from "./change-severity.ts";
import { decideStorm } from "./storms/decide-storm.ts";
import { beginStorm } from "./storms/begin-storm.ts";
import { joinStorm } from "./storms/join-storm.ts";
import { lockStorms, originOf, readStorms } from "./storms/read-storms.ts";
import type { GrowingSituation } from "./storms/read-storms.ts";
import { addTimelineEntries } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

/** What became of an alert: the incident it opened or joined, or none when something holds it back. */
export type Admission =
  | {
      readonly incidentId: string;
      /** false when the alert joined an incident that was open, or had one already */
      readonly opened: boolean;
      readonly severityRaised: boolean;
    }
  | { readonly incidentId: null };

/**
 * Passes an alert through the pipeline and gives it its incident if nothing holds it: the unsettled one of its group
 * (which takes over a graver severity), the storm that it is part of, else a new one. Safe to call again, and safe to call
 * for several alerts of one group at the same time.
 *
 * @throws FirebreakError `not_found`
 */
export async function admitAlert(ctx: IncidentContext, alertId: string): Promise<Admission> {
  const admission = (await admitAlerts(ctx, [alertId])).get(alertId);
  if (admission === undefined)
    throw new FirebreakError("not_found", `There is no alert ${alertId}. List the alerts to find its id.`);
  return admission;
}

/** The same for many alerts in one transaction. @returns what became of those that there are */
export async function admitAlerts(
  ctx: IncidentContext,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, Admission>> {
  return inTransaction(ctx.database, async (trx) => {
    const decided = await decideAlerts(trx, ctx, alertIds);
    const admissions = new Map<string, Admission>();
    const open: Decided[] = [];
    const kept: Kept[] = [];
    for (const one of decided) {
      const { alert, decision } = one;
      const known = alert.incident_id;
      if (known !== null) admissions.set(alert.id, { incidentId: known, opened: false, severityRaised: false });
      else if (decision.disposition === "held") {
        admissions.set(alert.id, { incidentId: null });
        kept.push({ ...one, incidentId: null });
      } else open.push(one);
    }
    const placed = await placeAlerts(trx, ctx, open);
    for (const { alert, incidentId, opened, severityRaised } of placed) {
      admissions.set(alert.id, { incidentId, opened, severityRaised });
    }
    await keepDecisions(trx, ctx, [...kept, ...placed]);
    return admissions;
  });
}

interface Placed extends Kept {
  readonly incidentId: string;
  readonly opened: boolean;
  readonly severityRaised: boolean;
}

/** Where an alert goes; the incident is changed once for all that go there. */
interface Place {
  readonly incident: IncidentRow;
  readonly isStorm: boolean;
  /** of those that joined it, without the one that opened it */
  readonly joining: Decided[];
}

interface Chosen {
  readonly one: Decided;
  readonly place: Place;
  readonly opened: boolean;
  readonly storm?: StageDecision;
}

async function placeAlerts(trx: Trx, ctx: IncidentContext, open: readonly Decided[]): Promise<Placed[]> {
  if (open.length === 0) return [];
  const placer = new Placer(trx, ctx, await lockCurrentIncidents(trx, open));
  const chosen: Chosen[] = [];
  for (const one of open) chosen.push({ one, ...(await placer.place(one)) });
  await tellLinks(trx, ctx, chosen);
  const raised = new Set<Place>();
  for (const place of placer.places) if (await joinPlace(trx, ctx, place)) raised.add(place);
  return chosen.map(({ one, place, opened, storm }) => ({
    ...one,
    incidentId: place.incident.id,
    opened,
    severityRaised: !opened && raised.has(place),
    storm,
  }));
}

/** Finds the incident of one alert after the other; those that one opens are there for the next. */
class Placer {
  readonly #trx: Trx;
  readonly #ctx: IncidentContext;
  readonly #byGroup: Map<string, Place>;
  readonly #byStorm = new Map<string, Place>();
  #situation: GrowingSituation | undefined;
  readonly #agentIds: readonly string[];

  constructor(trx: Trx, ctx: IncidentContext, { current, agentIds }: CurrentIncidents) {
    this.#trx = trx;
    this.#ctx = ctx;
    this.#agentIds = agentIds;
    this.#byGroup = new Map([...current].map(([key, incident]) => [key, { incident, isStorm: false, joining: [] }]));
  }

  get places(): readonly Place[] {
    return [...new Set([...this.#byGroup.values(), ...this.#byStorm.values()])];
  }

  async place(one: Decided): Promise<Omit<Chosen, "one">> {
    const { groupKey, severity } = one.decision.plan;
    const current = this.#byGroup.get(groupKey);
    if (current !== undefined) {
      current.joining.push(one);
      return { place: current, opened: false };
    }
    const situation = await this.#readSituation();
    const origin = originOf(one.alert);
    const { agent_id: agentId, rule_id: ruleId } = one.alert;
    const verdict = decideStorm({ origin, agentId, severity, isOfRule: ruleId !== null }, situation);
    if (verdict !== null) return this.#placeInStorm(one, verdict);
    const incident = await createIncident(this.#trx, this.#ctx, incidentOf(one, origin));
    const place = { incident, isStorm: false, joining: [] };
    this.#byGroup.set(groupKey, place);
    situation.opened.set(origin, (situation.opened.get(origin) ?? 0) + 1);
    return { place, opened: true };
  }

  async #readSituation(): Promise<GrowingSituation> {
    if (this.#situation !== undefined) return this.#situation;
    await lockStorms(this.#trx);
    this.#situation = await readStorms(this.#trx, this.#ctx, this.#agentIds);
    return this.#situation;
  }

  async #placeInStorm(one: Decided, verdict: NonNullable<ReturnType<typeof decideStorm>>) {
    const { incidentId, key, reason } = verdict;
    const place = incidentId === null ? await this.#begin(one, key) : await this.#stormOf(incidentId);
    place.joining.push(one);
    const { id, severity } = place.incident;
    const agentId = one.alert.agent_id;
    const situation = await this.#readSituation();
    const known = agentId === null ? [] : (situation.storms.get(agentId) ?? []);
    const isKnown = known.some((storm) => storm.incidentId === id);
    if (agentId !== null && !isKnown) situation.storms.set(agentId, [...known, { incidentId: id, severity }]);
    const storm: StageDecision = { stage: "storm", reason, by: id, until: null };
    return { place, opened: incidentId === null, storm };
  }

  async #begin(one: Decided, key: string): Promise<Place> {
    const { title, first_event_at: began, created_at: detected } = one.alert;
    const { severity, incidentType: type } = one.decision.plan;
    const first = { title, type, severity, beganAt: began.getTime(), detectedAt: detected.getTime() };
    const incident = await beginStorm(this.#trx, this.#ctx, key, first);
    const place = { incident, isStorm: true, joining: [] };
    this.#byStorm.set(incident.id, place);
    (await this.#readSituation()).active.set(key, { incidentId: incident.id, severity });
    return place;
  }

  async #stormOf(incidentId: string): Promise<Place> {
    const known = this.#byStorm.get(incidentId);
    if (known !== undefined) return known;
    const incident = await this.#trx
      .selectFrom("incidents")
      .selectAll()
      .where("id", "=", incidentId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const place = { incident, isStorm: true, joining: [] };
    this.#byStorm.set(incidentId, place);
    return place;
  }
}

interface CurrentIncidents {
  /** by the group of alerts */
  readonly current: ReadonlyMap<string, IncidentRow>;
  readonly agentIds: readonly string[];
}

/**
 * The locks are by group, so that two alerts of one group do not both find no incident and open two. The group of an agent
 * takes any incident of the agent, also one that a person reported.
 */
async function lockCurrentIncidents(trx: Trx, open: readonly Decided[]): Promise<CurrentIncidents> {
  const keys = [...new Set(open.map(({ decision }) => decision.plan.groupKey))].toSorted();
  await sql`select pg_advisory_xact_lock(hashtext('incident of group'), hashtext(key))
    from unnest(${keys}::text[]) as keys(key)`.execute(trx);
  const agents = new Map(
    open.flatMap(({ alert, decision }) => {
      const isOfAgent = alert.agent_id !== null && decision.plan.groupKey === `agent:${alert.agent_id}`;
      return isOfAgent ? [[alert.agent_id ?? "", decision.plan.groupKey] as const] : [];
    }),
  );
  const ofAgents = new Set(agents.values());
  const others = new Set(keys.filter((key) => !ofAgents.has(key)));
  const rows = await trx
    .selectFrom("incidents")
    .selectAll()
    .where((incidents) =>
      incidents.or([
        incidents("agent_id", "=", sql<string>`any(${[...agents.keys()]}::text[])`),
        incidents("group_key", "=", sql<string>`any(${[...others]}::text[])`),
      ]),
    )
    .where("state", "not in", [...SETTLED_STATES])
    .orderBy("opened_at")
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  const current = new Map<string, IncidentRow>();
  // the newest of each comes last
  for (const row of rows) {
    const ofAgent = row.agent_id === null ? undefined : agents.get(row.agent_id);
    if (ofAgent !== undefined) current.set(ofAgent, row);
    if (row.group_key !== null && others.has(row.group_key)) current.set(row.group_key, row);
  }
  return { current, agentIds: [...new Set(open.flatMap(({ alert }) => alert.agent_id ?? []))] };
}

function incidentOf({ alert, decision: { plan } }: Decided, origin: string) {
  return {
    title: alert.agent_id === null ? alert.title : `${alert.title} (agent ${alert.agent_id})`,
    type: plan.incidentType,
    severity: plan.severity,
    agentId: alert.agent_id,
    pack: alert.pack,
    sessionId: alert.session_id,
    groupKey: plan.groupKey,
    origin,
    commander: null,
    summary: null,
    beganAt: alert.first_event_at.getTime(),
    detectedAt: alert.created_at.getTime(),
    sentence: alert.sentence,
  };
}

/** @returns whether the incident is graver now */
async function joinPlace(trx: Trx, ctx: IncidentContext, { incident, isStorm, joining }: Place): Promise<boolean> {
  if (joining.length === 0) return false;
  const alerts = joining.map(({ alert, decision }) => ({ alert, severity: decision.plan.severity }));
  if (isStorm) return joinStorm(trx, ctx, incident.id, alerts);
  const beganAt = Math.min(incident.began_at.getTime(), ...alerts.map(({ alert }) => alert.first_event_at.getTime()));
  const updated = await trx
    .updateTable("incidents")
    .set({
      began_at: new Date(beganAt),
      session_id:
        incident.session_id ?? joining.find(({ alert }) => alert.session_id !== null)?.alert.session_id ?? null,
      updated_at: new Date(ctx.clock.now()),
      version: incident.version + 1,
    })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const worst = alerts.reduce<Severity>(
    (least, { severity }) => (severity < least ? severity : least),
    incident.severity,
  );
  const graver = alerts.find(({ severity }) => severity === worst && worst < incident.severity)?.alert.id;
  if (graver === undefined) return false;
  await writeSeverity(trx, ctx, updated, worst, `The alert ${graver} is graver.`, `severity:alert:${graver}`);
  return true;
}

/** Of what joined a storm, the storm tells on the timeline. */
async function tellLinks(trx: Trx, ctx: IncidentContext, chosen: readonly Chosen[]): Promise<void> {
  const entries = chosen
    .filter(({ storm }) => storm === undefined)
    .map(({ one: { alert }, place }) => ({
      incidentId: place.incident.id,
      key: `alert:${alert.id}`,
      at: alert.created_at.getTime(),
      kind: "alert",
      source: alert.source,
      text: `Alert: ${alert.sentence}`,
      data: { alertId: alert.id, ruleId: alert.rule_id, level: alert.level, severity: alert.severity },
    }));
  await addTimelineEntries(trx, ctx, entries);
  const at = ctx.clock.now();
  const links = chosen.map(({ one: { alert }, place, storm }) => {
    const detail = { incidentId: place.incident.id, ...(storm === undefined ? {} : { because: storm.reason }) };
    return { at, actor: ctx.actor, action: "alert.link", target: alert.id, detail };
  });
  await recordAudits(trx, links);
}
