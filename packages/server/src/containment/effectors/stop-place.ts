import { HOLD_SCOPES, entityName } from "@firebreak/protocol";
import type { Hold } from "@firebreak/protocol";
import { z } from "zod";
import type { BlastRadius, Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import { listTree } from "../process-tree/index.ts";
import { handleOf } from "../registry.ts";
import { applyStop, coveredBy, undoStop, verifyStop } from "./stop-with-hold.ts";
import type { Enforce } from "./stop-with-hold.ts";

const place = {
  scope: z.enum(HOLD_SCOPES),
  /** whose; left out for `global` */
  target: entityName.optional(),
  reason: z.string().trim().min(1).max(1000),
};
type Place = Pick<Hold, "scope" | "target">;

const hasTarget = ({ scope, target }: { scope: string; target?: string | undefined }) =>
  (scope === "global") === (target === undefined);
const TARGET = { message: "name the target, or none for global", path: ["target"] };

const stopParameters = z
  // `abort` denies every call; agents that were started with a way to abort are told to
  .strictObject({ ...place, level: z.enum(["deny", "abort", "freeze"]) })
  .refine(hasTarget, TARGET)
  .refine(({ scope, level }) => scope !== "tool" || level === "deny", {
    message: "a tool is denied; it has no processes of its own",
    path: ["level"],
  });
const killParameters = z
  .strictObject({ ...place, scope: z.enum(HOLD_SCOPES).exclude(["tool"]) })
  .refine(hasTarget, TARGET);

/** Stops everything, a pack, an agent, a session or a tool, as `firebreak stop` does. Only a person lifts it. */
export function placedStops(enforce: Enforce): readonly Effector[] {
  return [stopPlace(enforce), stopKill(enforce)];
}

// stopping is never rationed
const FACTS = { idempotent: true, expiry: "none", rateLimit: null } as const;

function stopPlace(enforce: Enforce): Effector {
  return defineEffector({
    ...FACTS,
    name: "stop.place",
    title: "Set a hold: deny calls, or freeze processes",
    destroysEvidence: false,
    parameters: stopParameters,
    // a stop of everything is not refused because there is much to stop: only what is named counts
    blastRadius: async (_ctx, given) => namedBy(placeOf(given)),
    preview: async (ctx, given) => describe(ctx, placeOf(given), given.level),
    apply: (ctx, { reason, level, ...given }) =>
      stop(ctx, { ...placeOf(given), reason, level: level === "abort" ? "deny" : level }, enforce),
    verify: (ctx, { level, ...given }, output) =>
      verifyStop(ctx, { ...placeOf(given), level: level === "abort" ? "deny" : level }, output),
    undo: (ctx, { level }, output) => undoStop(ctx, level === "abort" ? "deny" : level, output),
  });
}

function stopKill(enforce: Enforce): Effector {
  return defineEffector({
    ...FACTS,
    name: "stop.kill",
    title: "Set a hold that kills processes",
    destroysEvidence: true,
    parameters: killParameters,
    blastRadius: async (ctx, given) => coveredAgents(ctx, placeOf(given)),
    preview: async (ctx, given) => describe(ctx, placeOf(given), "kill"),
    apply: (ctx, given) => stop(ctx, { ...placeOf(given), reason: given.reason, level: "kill" }, enforce),
    verify: (ctx, given, output) => verifyStop(ctx, { ...placeOf(given), level: "kill" }, output),
    undo: (ctx, _given, output) => undoStop(ctx, "kill", output),
  });
}

function placeOf({ scope, target }: { readonly scope: Hold["scope"]; readonly target?: string | undefined }): Place {
  return { scope, target: target ?? null };
}

const nameOf = ({ scope, target }: Place) => (target === null ? "everything" : `${scope} ${target}`);

async function stop(
  ctx: EffectorContext,
  order: Place & Pick<Hold, "level" | "reason">,
  enforce: Enforce,
): Promise<EffectorOutcome> {
  const whenNothing = (_ctx: EffectorContext, output: EffectorOutput): EffectorOutcome => ({
    ok: true,
    output,
    message: `the hold on ${nameOf(order)} is in force; no session that it covers is known to run`,
  });
  const outcome = await applyStop(ctx, { ...order, whenNothing }, enforce);
  const verified = outcome.ok && order.level !== "deny";
  return outcome.output === undefined ? outcome : { ...outcome, output: { ...outcome.output, verified } };
}

function namedBy({ scope, target }: Place): BlastRadius {
  if (target === null) return TOUCHES_NOTHING;
  return scope === "agent"
    ? { ...TOUCHES_NOTHING, agents: [target] }
    : { ...TOUCHES_NOTHING, services: [`${scope} ${target}`] };
}

function coveredAgents(ctx: EffectorContext, given: Place): BlastRadius {
  const covered = coveredBy(ctx, given).map(({ agentId }) => agentId);
  const { agents, services } = namedBy(given);
  return { ...TOUCHES_NOTHING, services, agents: [...new Set([...agents, ...covered])] };
}

function describe(ctx: EffectorContext, given: Place, level: string): string[] {
  const trees = coveredBy(ctx, given).map(
    (one) => `covers session ${one.sessionId} of ${one.agentId}: ${listTree(handleOf(one)).length} process(es)`,
  );
  return [`sets a hold (${level}) on ${nameOf(given)}, which a person must lift`, ...trees];
}
