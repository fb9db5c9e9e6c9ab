import type { Rail } from "@firebreak/protocol";
import type { Trx } from "../storage/index.ts";
import type { ReactionContext } from "./context.ts";
import { agentOf } from "./plan-reaction.ts";
import type { ReactionPlan } from "./plan-reaction.ts";
import type { RailFacts } from "./read-rail-facts.ts";
import { durationWords } from "./words.ts";

/** Why an automatic act is held back. */
export interface RailHold {
  readonly rail: Rail;
  readonly reason: string;
}

type RailContext = Pick<ReactionContext, "clock" | "profile" | "ownAgents" | "effectors">;

/**
 * The first guard rail that holds the plan back, or null. In the transaction that begins to act and under its lock, so
 * that acts at the same time count each other.
 */
export async function checkRails(
  trx: Trx,
  ctx: RailContext,
  plan: ReactionPlan,
  facts: RailFacts,
): Promise<RailHold | null> {
  const hold =
    holdSelf(ctx, plan) ??
    (await holdLate(trx, ctx, plan)) ??
    holdQuiet(ctx, plan, facts) ??
    (await holdEvidence(trx, ctx, plan));
  return hold ?? holdNumbers(ctx, plan, facts);
}

/** Automation never stops what Firebreak runs in; nobody would be left to let it run again. */
export function holdSelf(ctx: Pick<RailContext, "ownAgents">, plan: ReactionPlan): RailHold | null {
  const agentId = agentOf(plan);
  if (agentId === null || !ctx.ownAgents.has(agentId)) return null;
  return { rail: "self", reason: `this server runs in the process tree of agent ${agentId}` };
}

/**
 * Whether what happened then goes on now, only a person can tell; but of an agent that runs now it must be taken to, or one
 * that gives its events old times would never be acted on.
 */
async function holdLate(trx: Trx, ctx: RailContext, { occasion }: ReactionPlan): Promise<RailHold | null> {
  if (!occasion.isLate) return null;
  if (occasion.agentId !== null && (await runsNow(trx, ctx, occasion.agentId))) return null;
  const { lateMinutes } = ctx.profile.containment.limits;
  return { rail: "late", reason: `it was told more than ${lateMinutes} min after it happened (lateMinutes)` };
}

/** Gates report every minute. */
const GATE_HEARD_MS = 3 * 60_000;

async function runsNow(trx: Trx, { clock }: Pick<RailContext, "clock">, agentId: string): Promise<boolean> {
  const session = trx.selectFrom("agent_sessions").select("agent_id").where("state", "in", ["running", "frozen"]);
  const gate = trx
    .selectFrom("agent_gates")
    .select("agent_id")
    .where("last_report_at", ">", new Date(clock.now() - GATE_HEARD_MS));
  const rows = await session
    .where("agent_id", "=", agentId)
    .unionAll(gate.where("agent_id", "=", agentId))
    .limit(1)
    .execute();
  return rows.length > 0;
}

function holdQuiet(ctx: RailContext, plan: ReactionPlan, { resumed }: RailFacts): RailHold | null {
  if (resumed === null) return null;
  const ago = durationWords(ctx.clock.now() - resumed.atMs);
  const { quietMinutes } = ctx.profile.containment.limits;
  const reason = `${resumed.by} let agent ${agentOf(plan) ?? ""} run again ${ago} ago (quietMinutes: ${quietMinutes})`;
  return { rail: "quiet", reason };
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

function holdNumbers({ profile }: RailContext, plan: ReactionPlan, facts: RailFacts): RailHold | null {
  const { actionsPerHour, actionsPerRulePerHour } = profile.containment.limits;
  if (facts.ofRule >= actionsPerRulePerHour)
    return {
      rail: "rule_hour",
      reason: `this rule acted ${facts.ofRule} times in the last hour (actionsPerRulePerHour)`,
    };
  if (facts.actionsThisHour >= actionsPerHour)
    return {
      rail: "hour",
      reason: `automation acted ${facts.actionsThisHour} times in the last hour (actionsPerHour)`,
    };
  if (agentOf(plan) === null || facts.isCounted || facts.agentsThisHour < facts.agentsAllowed) return null;
  const share = `${facts.agentsThisHour} of ${facts.agentsActive} active agents were acted on in the last hour`;
  return { rail: "fleet", reason: `${share}, and ${facts.agentsAllowed} may be (fleetShare)` };
}
