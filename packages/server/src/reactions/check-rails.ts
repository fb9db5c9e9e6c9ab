import type { ContainmentView, Rail } from "@firebreak/protocol";
import { sql } from "kysely";
import { durationWords } from "./words.ts";
import type { Trx } from "../storage/index.ts";
import type { ReactionContext } from "./context.ts";
import { agentOf } from "./plan-reaction.ts";
import type { ReactionPlan } from "./plan-reaction.ts";

/** Why an automatic act is held back. */
export interface RailHold {
  readonly rail: Rail;
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type RailContext = Pick<ReactionContext, "clock" | "profile" | "ownAgents" | "effectors">;

/**
 * The first guard rail that holds the plan back, or null. In the transaction that begins to act and under its lock, so
 * that acts at the same time count each other.
 */
export async function checkRails(trx: Trx, ctx: RailContext, plan: ReactionPlan): Promise<RailHold | null> {
  return (
    holdSelf(ctx, plan) ??
    (await holdQuiet(trx, ctx, plan)) ??
    (await holdEvidence(trx, ctx, plan)) ??
    (await holdNumbers(trx, ctx, plan))
  );
}

/** Automation never stops what Firebreak runs in; nobody would be left to let it run again. */
export function holdSelf(ctx: Pick<RailContext, "ownAgents">, plan: ReactionPlan): RailHold | null {
  const agentId = agentOf(plan);
  if (agentId === null || !ctx.ownAgents.has(agentId)) return null;
  return { rail: "self", reason: `this server runs in the process tree of agent ${agentId}` };
}

async function holdQuiet(trx: Trx, ctx: RailContext, plan: ReactionPlan): Promise<RailHold | null> {
  const { quietMinutes } = ctx.profile.containment.limits;
  const agentId = agentOf(plan);
  if (quietMinutes === 0 || agentId === null) return null;
  const since = new Date(ctx.clock.now() - quietMinutes * MINUTE_MS);
  const { rows } = await sql<{ at: Date; by: string }>`
    select released_at as at, released_by->>'name' as by from holds
    where released_at > ${since} and released_by->>'kind' in ('person', 'cli')
      and (scope = 'agent' and target = ${agentId} or scope = 'session' and target = ${plan.occasion.sessionId}
        or scope = 'pack' and target = (select pack from agents where id = ${agentId}) or scope = 'global')
    union all
    select ended_at, ended_by->>'name' from actions
    where state = 'undone' and ended_at > ${since} and ended_by->>'kind' in ('person', 'cli')
      and parameters->>'agentId' = ${agentId}
    order by at desc limit 1`.execute(trx);
  const [latest] = rows;
  if (latest === undefined) return null;
  const ago = durationWords(ctx.clock.now() - latest.at.getTime());
  return {
    rail: "quiet",
    reason: `${latest.by} let agent ${agentId} run again ${ago} ago (quietMinutes: ${quietMinutes})`,
  };
}

async function holdEvidence(trx: Trx, ctx: RailContext, plan: ReactionPlan): Promise<RailHold | null> {
  if (plan.kind !== "effector" || ctx.effectors.get(plan.what)?.destroysEvidence !== true) return null;
  const kept = await trx
    .selectFrom("evidence_archives")
    .select("id")
    .where("incident_id", "=", plan.occasion.incidentId)
    .where("agent_id", "=", agentOf(plan))
    .limit(1)
    .executeTakeFirst();
  if (kept !== undefined) return null;
  return { rail: "evidence", reason: `${plan.what} destroys evidence, and none was collected for this incident` };
}

async function holdNumbers(trx: Trx, ctx: RailContext, plan: ReactionPlan): Promise<RailHold | null> {
  const { actionsPerHour, actionsPerRulePerHour } = ctx.profile.containment.limits;
  const agentId = agentOf(plan);
  const used = await readUsed(trx, ctx, { rule: plan.rule, agentId });
  if (used.ofRule >= actionsPerRulePerHour)
    return {
      rail: "rule_hour",
      reason: `this rule acted ${used.ofRule} times in the last hour (actionsPerRulePerHour)`,
    };
  if (used.actionsThisHour >= actionsPerHour)
    return { rail: "hour", reason: `automation acted ${used.actionsThisHour} times in the last hour (actionsPerHour)` };
  if (agentId === null || used.isCounted || used.agentsThisHour < used.agentsAllowed) return null;
  const share = `${used.agentsThisHour} of ${used.agentsActive} active agents were acted on in the last hour`;
  return { rail: "fleet", reason: `${share}, and ${used.agentsAllowed} may be (fleetShare)` };
}

interface Used extends Readonly<ContainmentView["used"]> {
  readonly ofRule: number;
  /** the agent is among those acted on already */
  readonly isCounted: boolean;
}

/** What of the limits is used: in the hour that ends now, and of the agents seen in the last 24 hours. */
export async function readUsed(
  trx: Pick<Trx, "getExecutor"> & Trx,
  { clock, profile }: Pick<RailContext, "clock" | "profile">,
  of: { readonly rule: string | null; readonly agentId: string | null },
): Promise<Used> {
  const now = clock.now();
  const { rows } = await sql<Record<"actions" | "of_rule" | "agents" | "is_counted" | "active", number>>`
    select count(*)::int as actions,
      count(*) filter (where rule = ${of.rule})::int as of_rule,
      count(distinct agent_id)::int as agents,
      count(*) filter (where agent_id = ${of.agentId})::int as is_counted,
      (select count(*)::int from agents where last_seen_at > ${new Date(now - 24 * HOUR_MS)}) as active
    from reactions where acted_at > ${new Date(now - HOUR_MS)}`.execute(trx);
  const [row] = rows;
  const active = row?.active ?? 0;
  return {
    actionsThisHour: row?.actions ?? 0,
    agentsThisHour: row?.agents ?? 0,
    agentsActive: active,
    agentsAllowed: Math.max(1, Math.ceil(profile.containment.limits.fleetShare * active)),
    ofRule: row?.of_rule ?? 0,
    isCounted: (row?.is_counted ?? 0) > 0,
  };
}
