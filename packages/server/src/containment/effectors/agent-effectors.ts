import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Hold, HoldLevel, StopResult } from "@firebreak/protocol";
import { entityName, formatId, holdCovers, stopResult } from "@firebreak/protocol";
import { z } from "zod";
import type { Killswitch } from "../../killswitch/index.ts";
import { flagName, killswitchPaths, openKillswitch } from "../../killswitch/index.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import type { enforceHold } from "../enforce-hold.ts";
import { liftHold, listSupervisors } from "../enforce-hold.ts";
import { listTree } from "../process-tree/index.ts";
import { findEndedSessions, handleOf } from "../registry.ts";
import { observeAgent } from "./observe-agent.ts";

export const agentParameters = z.strictObject({
  agentId: entityName,
  /** narrows the stop to one session; without it, every session of the agent */
  sessionId: entityName.nullish(),
  reason: z.string().min(1).max(1000).default("stopped by a playbook"),
});
export type AgentParameters = z.output<typeof agentParameters>;

export async function withKillswitch<T>(
  ctx: EffectorContext,
  work: (killswitch: Killswitch) => Promise<T>,
): Promise<T> {
  const killswitch = openKillswitch(ctx);
  try {
    return await work(killswitch);
  } finally {
    killswitch.close();
  }
}

/** The same step of the same run gives the same hold, in whatever process and however often it is applied. */
export function holdIdOf(ctx: Pick<EffectorContext, "runId" | "stepId">, what: string): string {
  const digest = createHash("sha256").update(`${ctx.runId}/${ctx.stepId}/${what}`).digest();
  return formatId("hold", digest.readUIntBE(16, 6), digest);
}

function scopeOf({ agentId, sessionId }: AgentParameters): Pick<Hold, "scope" | "target"> {
  return sessionId === null || sessionId === undefined
    ? { scope: "agent", target: agentId }
    : { scope: "session", target: sessionId };
}

/** @returns the sessions of this machine that the parameters mean */
export function coveredBy(ctx: EffectorContext, parameters: AgentParameters) {
  const rule = { ...scopeOf(parameters), level: "deny" as const };
  return listSupervisors({ home: ctx.home }).filter((one) =>
    holdCovers(rule, { agent: one.agentId, session: one.sessionId, pack: one.pack ?? undefined }),
  );
}

const WORDS = {
  deny: "denies every call of",
  freeze: "freezes",
  kill: "kills",
} as const satisfies Record<HoldLevel, string>;

/** Enforces a hold and says what came of it; the house's also asks other hosts. */
export type Enforce = typeof enforceHold;

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
      const trees = coveredBy(ctx, parameters).map((one) => {
        const count = listTree(handleOf(one)).length;
        return `${WORDS[level]} session ${one.sessionId}: ${count} process(es)`;
      });
      return [`sets a hold (${level}) on ${scope} ${target ?? ""}, which a person must lift`, ...trees];
    },
    apply: (ctx, parameters) => applyStop(ctx, parameters, level, enforce),
    verify: (ctx, parameters, output) => verifyStop(ctx, parameters, level, output),
    undo: (ctx, _parameters, output) => undoStop(ctx, level, output),
  });
}

async function applyStop(
  ctx: EffectorContext,
  parameters: AgentParameters,
  level: HoldLevel,
  enforce: Enforce,
): Promise<EffectorOutcome> {
  const { home, clock, logger, actor, incidentId } = ctx;
  return withKillswitch(ctx, async (killswitch) => {
    const request = { id: holdIdOf(ctx, level), ...scopeOf(parameters), level, reason: parameters.reason };
    const hold = await killswitch.add({ ...request, actor, incidentId });
    const isInForce = killswitch.current().holds.some((one) => one.id === hold.id);
    if (!isInForce) return conflict(hold);
    const results = await enforce({ home, hold, clock, logger });
    return describeStop(ctx, parameters, hold, results);
  });
}

function conflict(hold: Hold): EffectorOutcome {
  const message = `the hold ${hold.id} of this step was released meanwhile; it is not set again`;
  return { ok: false, reason: "conflict", message, output: { holdId: hold.id } };
}

function describeStop(
  ctx: EffectorContext,
  parameters: AgentParameters,
  hold: Hold,
  results: readonly StopResult[],
): EffectorOutcome {
  const output = { holdId: hold.id, epoch: hold.epoch, level: hold.level, results };
  if (hold.level === "deny") return { ok: true, output, message: `hold ${hold.id}: gates deny every call` };
  if (results.length === 0) return nothingRuns(ctx, parameters, output);
  const bad = results.filter((result) => result.state !== "verified_stopped");
  if (bad.length === 0) {
    const slowestMs = Math.max(...results.map((result) => result.elapsedMs ?? 0));
    const done =
      hold.level === "kill" ? `nothing of ${results.length} session(s) is left` : `${countOf(results)} stand still`;
    return { ok: true, output, message: `${done}, verified in ${slowestMs.toFixed(1)} ms, hold ${hold.id}` };
  }
  const reason = bad.some((result) => result.state === "unreachable") ? "unreachable" : "unverified";
  return { ok: false, reason, message: bad.map(explain).join("; "), output };
}

function countOf(results: readonly StopResult[]): string {
  const processes = results.reduce((sum, result) => sum + result.processes, 0);
  return `${processes} process(es) of ${results.length} session(s)`;
}

function explain(result: StopResult): string {
  const left = result.remaining.map(({ pid, command, state }) => `${pid} ${command} (${state})`).slice(0, 5);
  return `${result.sessionId}: ${result.state}, ${result.proof}${left.length === 0 ? "" : `: ${left.join(", ")}`}`;
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

async function verifyStop(
  ctx: EffectorContext,
  parameters: AgentParameters,
  level: HoldLevel,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  return withKillswitch(ctx, async (killswitch) => {
    const holdId = readHoldId(ctx, level, output);
    const hold = killswitch.current().holds.find((one) => one.id === holdId);
    if (hold === undefined)
      return { ok: false, reason: "conflict", message: `the hold ${holdId} is not in force`, output };
    const flag = join(killswitchPaths(ctx.home).flags, flagName(hold.scope, hold.target));
    if (!existsSync(flag))
      return { ok: false, reason: "unverified", message: `the flag file ${flag} is missing`, output };
    if (level === "deny") return { ok: true, output, message: `the hold ${holdId} is in force` };
    const running = coveredBy(ctx, parameters).filter(
      ({ tree }) => tree !== "gone" && (tree !== "frozen" || level === "kill"),
    );
    if (running.length === 0)
      return { ok: true, output, message: level === "kill" ? "no process is left" : "all stand still" };
    const message = running.map((one) => `${one.sessionId} is ${one.tree}`).join(", ");
    return { ok: false, reason: "unverified", message, output };
  });
}

function readHoldId(ctx: EffectorContext, what: string, output: EffectorOutput): string {
  const recorded = output["holdId"];
  return typeof recorded === "string" ? recorded : holdIdOf(ctx, what);
}

async function undoStop(ctx: EffectorContext, level: HoldLevel, output: EffectorOutput): Promise<EffectorOutcome> {
  return releaseHold(ctx, readHoldId(ctx, level, output), `undo of step ${ctx.stepId}`, output);
}

/** Lifts one hold and lets what it alone held run again. Only for a person. */
export async function releaseHold(
  ctx: EffectorContext,
  holdId: string,
  reason: string,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const { home, clock, actor } = ctx;
  if (actor.kind !== "person" && actor.kind !== "cli") {
    return { ok: false, reason: "denied", message: "a stop is lifted by a person, never by automation", output };
  }
  return withKillswitch(ctx, async (killswitch) => {
    const hold = killswitch.current().holds.find((one) => one.id === holdId);
    if (hold === undefined) return { ok: true, output, message: `the hold ${holdId} is not in force` };
    await killswitch.release(holdId, { actor, reason });
    const lifted = await liftHold({ home, clock, hold, holds: killswitch.current().holds });
    const states = lifted.map((one) => `${one.sessionId} ${one.state}`).join(", ");
    const ok = lifted.every((one) => one.state !== "unverified");
    const message = `the hold ${holdId} is lifted${states === "" ? "" : `: ${states}`}`;
    return ok ? { ok, output: { ...output, lifted }, message } : { ok, reason: "unverified", message, output };
  });
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
  undo: async (_ctx, _parameters, output) => ({ ok: true, output, message: "There is nothing to undo." }),
});

function proveStopped(ctx: EffectorContext, { agentId, sessionId }: AgentParameters): EffectorOutcome {
  const seen = observeAgent(ctx.home, agentId);
  const results = seen.results.filter((result) => (sessionId ?? result.sessionId) === result.sessionId);
  const output = { results: z.array(stopResult).parse(results), loose: seen.loose };
  const bad = results.filter((result) => result.state !== "verified_stopped");
  if (bad.length > 0) return { ok: false, reason: "unverified", message: bad.map(explain).join("; "), output };
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
