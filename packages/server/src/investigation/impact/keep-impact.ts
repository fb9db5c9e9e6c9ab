import type { ImpactView } from "@firebreak/protocol";
import { SETTLED_STATES } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { anyRow, inTransaction, notifyLive } from "../../storage/index.ts";
import type { InvestigationContext, ReadContext } from "../context.ts";
import { readScope } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { computeImpact, fingerprintOf } from "./compute-impact.ts";
import type { ImpactBody } from "./compute-impact.ts";
import type { DueCondition } from "../../storage/index.ts";

/** versions of one incident; then only a person makes a new one */
const VERSIONS_MAX = 200;
const VERSIONS_SHOWN = 50;

/**
 * Works the impact out anew, and keeps it as a new version when anything in it changed.
 *
 * @throws FirebreakError not_found
 */
export async function refreshImpact(ctx: InvestigationContext, incidentId: string): Promise<ImpactView> {
  const scope = await readScope(ctx, incidentId);
  const body = await computeImpact(ctx, scope);
  await keep(ctx, scope, body);
  return getImpact(ctx, incidentId);
}

/** @throws FirebreakError not_found when there is no such incident, or none of that version */
export async function getImpact(ctx: ReadContext, incidentId: string, version?: number): Promise<ImpactView> {
  const found = await findImpact(ctx, incidentId, version);
  if (found !== null) return found;
  const which = version === undefined ? "has not been computed yet" : `has no version ${version}`;
  throw new FirebreakError(
    "not_found",
    `The impact of ${incidentId} ${which}; \`firebreak incident impact ID --refresh\` computes it.`,
  );
}

/** @returns the newest version, or a given one; null when there is none */
export async function findImpact(ctx: ReadContext, incidentId: string, version?: number): Promise<ImpactView | null> {
  const { kysely } = ctx.database;
  let query = kysely.selectFrom("impacts").selectAll().where("incident_id", "=", incidentId);
  if (version !== undefined) query = query.where("version", "=", version);
  const row = await query.orderBy("version", "desc").limit(1).executeTakeFirst();
  if (row === undefined) return null;
  const versions = await kysely
    .selectFrom("impacts")
    .select(["version", "computed_at"])
    .where("incident_id", "=", incidentId)
    .orderBy("version", "desc")
    .limit(VERSIONS_SHOWN)
    .execute();
  return {
    ...(row.body as ImpactBody),
    incidentId,
    version: row.version,
    computedAt: row.computed_at.toISOString(),
    computedBy: row.computed_by,
    sha256: row.sha256,
    versions: versions.map((one) => ({ version: one.version, computedAt: one.computed_at.toISOString() })),
  };
}

async function keep(ctx: InvestigationContext, scope: Scope, body: ImpactBody): Promise<void> {
  const { incident } = scope;
  const sha256 = fingerprintOf(body);
  await inTransaction(ctx.database, async (trx) => {
    await trx.selectFrom("incidents").select("id").where("id", "=", incident.id).forUpdate().executeTakeFirstOrThrow();
    const at = ctx.clock.now();
    await noteLook(trx, ctx, scope);
    const newest = await trx
      .selectFrom("impacts")
      .select(["version", "sha256"])
      .where("incident_id", "=", incident.id)
      .orderBy("version", "desc")
      .limit(1)
      .executeTakeFirst();
    const version = (newest?.version ?? 0) + 1;
    if (newest?.sha256 === sha256 || (version > VERSIONS_MAX && ctx.actor.kind === "daemon")) return;
    await trx
      .insertInto("impacts")
      .values({
        incident_id: incident.id,
        version,
        computed_at: toIso(at),
        computed_by: JSON.stringify(ctx.actor),
        sha256,
        body: JSON.stringify(body),
      })
      .execute();
    const detail = { version, sha256, eventsRead: body.eventsRead, statements: body.statements.length };
    await recordAudit(trx, { at, actor: ctx.actor, action: "impact.compute", target: incident.id, detail });
    await notifyLive(trx, "incident", incident.id);
  });
}

/** How long an impact stands before new events make a new one: while the incident is fresh, and later. */
const QUIET_MS = 60_000;
const QUIET_LATER_MS = 600_000;
const FRESH_MS = 3_600_000;

/** Whether there are incidents that {@link refreshStaleImpact} may have to look at. */
export const hasOpenIncidents: DueCondition = (kysely) =>
  anyRow(kysely.selectFrom("incidents").where("state", "not in", [...SETTLED_STATES]));

/**
 * Looks at one incident, the open one that was looked at longest ago, and brings its impact up to date when its agents
 * did something since or it was changed.
 *
 * @returns its id, or null when none is due
 */
export async function refreshStaleImpact(ctx: InvestigationContext): Promise<string | null> {
  const nowMs = ctx.clock.now();
  const row = await ctx.database.kysely
    .selectFrom("incidents")
    .leftJoin("impact_positions as position", "position.incident_id", "incidents.id")
    .select(["incidents.id", "incidents.updated_at", "position.looked_at", "position.last_event_seq"])
    .where("incidents.state", "not in", [...SETTLED_STATES])
    .where((where) => {
      const isQuiet = (ms: number) => where("position.looked_at", "<", new Date(nowMs - ms));
      const isFresh = where("incidents.opened_at", ">", new Date(nowMs - FRESH_MS));
      return where.or([
        where("position.looked_at", "is", null),
        where.and([isFresh, isQuiet(QUIET_MS)]),
        isQuiet(QUIET_LATER_MS),
      ]);
    })
    .orderBy("position.looked_at", (order) => order.asc().nullsFirst())
    .orderBy("incidents.id")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const scope = await readScope(ctx, row.id);
  const isChanged =
    row.looked_at === null ||
    row.updated_at > row.looked_at ||
    (await hasNewEvents(ctx, scope, row.last_event_seq ?? "0"));
  if (isChanged) await keep(ctx, scope, await computeImpact(ctx, scope));
  else await noteLook(ctx.database.kysely, ctx, scope);
  return row.id;
}

async function hasNewEvents({ database }: ReadContext, scope: Scope, lastSeq: string): Promise<boolean> {
  if (scope.agents.length === 0) return false;
  const row = await database.kysely
    .selectFrom("events")
    .select("seq")
    .where("agent_id", "in", scope.agents)
    .where("seq", ">", lastSeq)
    .where("kind", "not in", ["heartbeat", "metric"])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function noteLook(
  kysely: ReadContext["database"]["kysely"],
  { clock }: ReadContext,
  scope: Scope,
): Promise<void> {
  const position = { last_event_seq: scope.lastSeq, looked_at: toIso(clock.now()) };
  await kysely
    .insertInto("impact_positions")
    .values({ incident_id: scope.incident.id, ...position })
    .onConflict((conflict) => conflict.column("incident_id").doUpdateSet(position))
    .execute();
}
