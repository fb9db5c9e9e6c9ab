import type { Hold, HoldLevel } from "@firebreak/protocol";
import { entityName, stopResult } from "@firebreak/protocol";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import { listTree } from "../process-tree/index.ts";
import { findEndedSessions, handleOf } from "../registry.ts";
import { observeAgent } from "./observe-agent.ts";
import { applyStop, coveredBy, explainStop, undoStop, verifyStop } from "./stop-with-hold.ts";
import type { Enforce } from "./stop-with-hold.ts";

export const agentParameters = z.strictObject({
  agentId: entityName,
  /** narrows the stop to one session; without it, every session of the agent */
  sessionId: entityName.nullish(),
  reason: z.string().min(1).max(1000).default("stopped by a playbook"),
});
export type AgentParameters = z.output<typeof agentParameters>;

function scopeOf({ agentId, sessionId }: AgentParameters): Pick<Hold, "scope" | "target"> {
  return sessionId === null || sessionId === undefined
    ? { scope: "agent", target: agentId }
    : { scope: "session", target: sessionId };
}

/** @returns the sessions of this machine that the parameters mean */
export function sessionsOf(ctx: EffectorContext, parameters: AgentParameters) {
  return coveredBy(ctx, scopeOf(parameters));
}

const WORDS = {
  deny: "denies every call of",
  freeze: "freezes",
  kill: "kills",
} as const satisfies Record<HoldLevel, string>;

function stopEffector(name: string, title: string, level: HoldLevel, enforce: Enforce): Effector {
  return defineEffector({
    name,
    title,
    destroysEvidence: level === "kill",
    idempotent: true,
    // only a person lifts a stop, and stopping is never rationed
    expiry: "none",
    rateLimit: null,
    parameters: agentParameters,
    blastRadius: async (_ctx, { agentId }) => ({ ...TOUCHES_NOTHING, agents: [agentId] }),
    preview: async (ctx, parameters) => {
      const { scope, target } = scopeOf(parameters);
      const trees = sessionsOf(ctx, parameters).map((one) => {
        const count = listTree(handleOf(one)).length;
        return `${WORDS[level]} session ${one.sessionId}: ${count} process(es)`;
      });
      return [`sets a hold (${level}) on ${scope} ${target ?? ""}, which a person must lift`, ...trees];
    },
    apply: (ctx, parameters) => {
      const whenNothing = (own: EffectorContext, output: EffectorOutput) => nothingRuns(own, parameters, output);
      return applyStop(ctx, { ...scopeOf(parameters), level, reason: parameters.reason, whenNothing }, enforce);
    },
    verify: (ctx, parameters, output) => verifyStop(ctx, { ...scopeOf(parameters), level }, output),
    undo: (ctx, _parameters, output) => undoStop(ctx, level, output),
  });
}

/** Nothing to stop: fine when the agent's sessions are known to have ended here, not when nobody ever saw one. */
function nothingRuns(ctx: EffectorContext, parameters: AgentParameters, output: EffectorOutput): EffectorOutcome {
  const seen = observeAgent(ctx.home, parameters.agentId);
  if (seen.loose.length > 0) {
    const pids = seen.loose.map(({ pid, command }) => `${pid} ${command}`).join(", ");
    return { ok: false, reason: "unverified", message: `processes without a supervisor run: ${pids}`, output };
  }
  if (findEndedSessions(ctx.home, parameters.agentId).length > 0) {
    return { ok: true, output, message: "nothing of the agent runs on this machine any more" };
  }
  const message = `no session of ${parameters.agentId} is supervised on this machine; the hold denies its calls`;
  return { ok: false, reason: "not_found", message, output };
}

const verifyStopped = defineEffector({
  name: "agent.verify_stopped",
  title: "Prove that nothing of the agent runs",
  onlyReads: true,
  destroysEvidence: false,
  idempotent: true,
  expiry: "none",
  parameters: agentParameters,
  blastRadius: async () => TOUCHES_NOTHING,
  preview: async () => [],
  apply: async (ctx, parameters) => proveStopped(ctx, parameters),
  verify: async (ctx, parameters) => proveStopped(ctx, parameters),
  undo: { stays: "It only looked." },
});

function proveStopped(ctx: EffectorContext, { agentId, sessionId }: AgentParameters): EffectorOutcome {
  const seen = observeAgent(ctx.home, agentId);
  const results = seen.results.filter((result) => (sessionId ?? result.sessionId) === result.sessionId);
  const output = { results: z.array(stopResult).parse(results), loose: seen.loose };
  const bad = results.filter((result) => result.state !== "verified_stopped");
  if (bad.length > 0) return { ok: false, reason: "unverified", message: bad.map(explainStop).join("; "), output };
  if (seen.loose.length > 0 && (sessionId === null || sessionId === undefined)) {
    const pids = seen.loose.map(({ pid, command }) => `${pid} ${command}`).join(", ");
    return {
      ok: false,
      reason: "unverified",
      message: `processes of ${agentId} run outside every tree: ${pids}`,
      output,
    };
  }
  if (results.length === 0) {
    return {
      ok: false,
      reason: "not_found",
      message: `no session of ${agentId} was ever supervised on this machine`,
      output,
    };
  }
  return {
    ok: true,
    output,
    message: `${results.length} session(s) stopped: ${[...new Set(results.map((one) => one.proof))].join(", ")}`,
  };
}

export function stopEffectors(enforce: Enforce): readonly Effector[] {
  return [
    stopEffector("agent.deny", "Deny every new call of an agent", "deny", enforce),
    stopEffector("agent.freeze", "Freeze an agent's process trees", "freeze", enforce),
    stopEffector("agent.kill", "Kill an agent's process trees", "kill", enforce),
    verifyStopped,
  ];
}
