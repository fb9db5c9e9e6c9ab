import { HOLD_LEVELS, holdCovers } from "@firebreak/protocol";
import type { Actor, EventMoment, HoldLevel, HoldScope, MomentDenial, SessionMoment } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { ReplayContext } from "./read-session-events.ts";

const HOLDS_MAX = 500;
const ACTS_MAX = 1_000;
const ALERTS_MAX = 1_000;
const INCIDENTS_MAX = 20;

/** Whose session it was, as holds name whom they bear on. */
export interface SessionOwner {
  readonly session: string;
  readonly agents: readonly { readonly id: string; readonly pack: string | null }[];
}

/** From a moment on and before another one, milliseconds since 1970; null has no end. */
export interface Range {
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

export interface BearingHold {
  readonly id: string;
  readonly scope: HoldScope;
  readonly target: string | null;
  readonly level: HoldLevel;
  readonly reason: string;
  readonly actor: Actor;
  readonly incidentId: string | null;
  readonly fromMs: number;
  /** null while in force */
  readonly untilMs: number | null;
  readonly releasedBy: Actor | null;
  readonly releaseReason: string | null;
}

/** @returns the holds that bore on the session in the range, and those on a tool, oldest first */
export async function readHolds(ctx: ReplayContext, owner: SessionOwner, range: Range): Promise<BearingHold[]> {
  const packs = owner.agents.flatMap(({ pack }) => (pack === null ? [] : [pack]));
  const targets = [owner.session, ...owner.agents.map(({ id }) => id), ...packs];
  let query = ctx.database.kysely
    .selectFrom("holds")
    .selectAll()
    .where((where) => where.or([where("scope", "in", ["global", "tool"]), where("target", "in", targets)]));
  if (range.untilMs !== null) query = query.where("at", "<", new Date(range.untilMs));
  if (range.fromMs !== null) {
    const from = new Date(range.fromMs);
    query = query.where((where) => where.or([where("released_at", "is", null), where("released_at", ">=", from)]));
  }
  const rows = await query.orderBy("at").orderBy("id").limit(HOLDS_MAX).execute();
  const holds = rows.map((row) => ({
    id: row.id,
    scope: row.scope,
    target: row.target,
    level: row.level,
    reason: row.reason,
    actor: row.actor,
    incidentId: row.incident_id,
    fromMs: row.at.getTime(),
    untilMs: row.released_at?.getTime() ?? null,
    releasedBy: row.released_by,
    releaseReason: row.release_reason,
  }));
  return holds.filter((hold) => hold.scope === "tool" || bearsOn(hold, owner, undefined));
}

function bearsOn(hold: BearingHold, { session, agents }: SessionOwner, tool: string | undefined): boolean {
  const whose = agents.map(({ id, pack }) => ({ session, agent: id, pack: pack ?? undefined, tool }));
  return whose.some((subject) => holdCovers(hold, subject));
}

/** Stops as moments: when each began and ended within the range, and at its start those that were in force before. */
export function holdMoments(holds: readonly BearingHold[], range: Range): SessionMoment[] {
  return holds
    .filter(({ scope }) => scope !== "tool")
    .flatMap((hold) => {
      const shared = {
        type: "hold",
        holdId: hold.id,
        scope: hold.scope,
        target: hold.target,
        level: hold.level,
      } as const;
      const { incidentId } = hold;
      const moments: SessionMoment[] = [];
      if (isWithin(hold.fromMs, range)) {
        const { actor, reason } = hold;
        moments.push({ ...shared, at: toIso(hold.fromMs), change: "stopped", actor, reason, incidentId });
      }
      if (hold.untilMs !== null && isWithin(hold.untilMs, range)) {
        const { releasedBy: actor, releaseReason } = hold;
        const reason = releaseReason ?? "";
        moments.push({ ...shared, at: toIso(hold.untilMs), change: "resumed", actor, reason, incidentId });
      }
      return moments;
    });
}

function isWithin(timeMs: number, { fromMs, untilMs }: Range): boolean {
  return (fromMs === null || timeMs >= fromMs) && (untilMs === null || timeMs < untilMs);
}

/** Names the hold behind a denial: the one the gate named, else the most restrictive that was in force then. */
export function explainDenial(
  moment: EventMoment,
  owner: SessionOwner,
  holds: readonly BearingHold[],
  named: string | undefined,
): MomentDenial | null {
  const { denied } = moment;
  if (denied === null) return null;
  const atMs = Date.parse(moment.answer?.outcome === "denied" ? moment.answer.at : moment.at);
  const inForce = holds.filter(
    (hold) =>
      hold.fromMs <= atMs && (hold.untilMs === null || hold.untilMs > atMs) && bearsOn(hold, owner, moment.name ?? ""),
  );
  const rank = (hold: BearingHold) => HOLD_LEVELS.indexOf(hold.level);
  const found =
    holds.find(({ id }) => id === named) ??
    (denied.policy === null && (denied.denial === null || denied.denial === "stopped")
      ? inForce.toSorted((a, b) => rank(b) - rank(a))[0]
      : undefined);
  if (found === undefined) return denied;
  const { id, scope, target, level, reason } = found;
  return { ...denied, hold: { id, scope, target, level, reason } };
}

export interface SessionAlert {
  readonly id: string;
  readonly title: string;
  readonly severity: 1 | 2 | 3 | 4;
  readonly incidentId: string | null;
  readonly eventIds: readonly string[];
}

/** @returns the alerts about the session, the newest thousand */
export async function readAlerts(ctx: ReplayContext, session: string): Promise<SessionAlert[]> {
  const rows = await ctx.database.kysely
    .selectFrom("alerts")
    .select(["id", "title", "severity", "incident_id", "event_ids"])
    .where("session_id", "=", session)
    .orderBy("id", "desc")
    .limit(ALERTS_MAX)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    severity: row.severity,
    incidentId: row.incident_id,
    eventIds: row.event_ids,
  }));
}

export interface SessionIncident {
  readonly id: string;
  readonly title: string;
}

/** @returns the incidents of the session, and those of its alerts */
export async function readIncidents(
  ctx: ReplayContext,
  session: string,
  alerts: readonly SessionAlert[],
): Promise<SessionIncident[]> {
  const named = [...new Set(alerts.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId])))];
  return ctx.database.kysely
    .selectFrom("incidents")
    .select(["id", "title"])
    .where((where) => where.or([where("session_id", "=", session), where(sql`id`, "=", sql`any(${named})`)]))
    .orderBy("opened_at", "desc")
    .limit(INCIDENTS_MAX)
    .execute();
}

/** What people and Firebreak did in the range, as the incidents' timelines have it; alerts and stops stand elsewhere. */
export async function readActs(
  ctx: ReplayContext,
  incidents: readonly SessionIncident[],
  range: Range,
): Promise<SessionMoment[]> {
  if (incidents.length === 0) return [];
  let query = ctx.database.kysely
    .selectFrom("timeline")
    .select(["at", "kind", "incident_id", "actor", "text"])
    .where(
      "incident_id",
      "in",
      incidents.map(({ id }) => id),
    );
  if (range.fromMs !== null) query = query.where("at", ">=", new Date(range.fromMs));
  if (range.untilMs !== null) query = query.where("at", "<", new Date(range.untilMs));
  const rows = await query.orderBy("at").orderBy("id").limit(ACTS_MAX).execute();
  return rows.map((row) => ({
    type: "act",
    at: row.at.toISOString(),
    kind: row.kind,
    incidentId: row.incident_id,
    actor: row.actor,
    text: row.text,
  }));
}
