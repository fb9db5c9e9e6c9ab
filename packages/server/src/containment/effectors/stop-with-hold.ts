import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Hold, HoldLevel, StopResult } from "@firebreak/protocol";
import { formatId, holdCovers } from "@firebreak/protocol";
import type { Killswitch } from "../../killswitch/index.ts";
import { flagName, killswitchPaths, openKillswitch } from "../../killswitch/index.ts";
import type { EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import type { enforceHold } from "../enforce-hold.ts";
import { liftHold, listSupervisors } from "../enforce-hold.ts";

/** Enforces a hold and says what came of it; the house's also asks other hosts. */
export type Enforce = typeof enforceHold;

export interface StopOrder extends Pick<Hold, "scope" | "target"> {
  readonly level: HoldLevel;
  readonly reason: string;
  /** what it means that no session is covered */
  readonly whenNothing: (ctx: EffectorContext, output: EffectorOutput) => EffectorOutcome;
}

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

/** @returns the sessions of this machine that a hold there covers */
export function coveredBy({ home }: Pick<EffectorContext, "home">, place: Pick<Hold, "scope" | "target">) {
  const rule = { ...place, level: "deny" as const };
  return listSupervisors({ home }).filter((one) =>
    holdCovers(rule, { agent: one.agentId, session: one.sessionId, pack: one.pack ?? undefined }),
  );
}

/** Sets the step's hold and enforces it. */
export async function applyStop(ctx: EffectorContext, order: StopOrder, enforce: Enforce): Promise<EffectorOutcome> {
  const { home, clock, logger, actor, incidentId } = ctx;
  const { scope, target, level, reason } = order;
  return withKillswitch(ctx, async (killswitch) => {
    const request = { id: holdIdOf(ctx, level), scope, target, level, reason };
    const hold = await killswitch.add({ ...request, actor, incidentId });
    const isInForce = killswitch.current().holds.some((one) => one.id === hold.id);
    if (!isInForce) return conflict(hold);
    const results = await enforce({ home, hold, clock, logger });
    return describeStop(ctx, order, hold, results);
  });
}

function conflict(hold: Hold): EffectorOutcome {
  const message = `the hold ${hold.id} of this step was released meanwhile; it is not set again`;
  return { ok: false, reason: "conflict", message, output: { holdId: hold.id } };
}

function describeStop(
  ctx: EffectorContext,
  { whenNothing }: StopOrder,
  hold: Hold,
  results: readonly StopResult[],
): EffectorOutcome {
  const output = { holdId: hold.id, epoch: hold.epoch, level: hold.level, results };
  if (hold.level === "deny") return { ok: true, output, message: `hold ${hold.id}: gates deny every call` };
  if (results.length === 0) return whenNothing(ctx, output);
  const bad = results.filter((result) => result.state !== "verified_stopped");
  if (bad.length === 0) {
    const slowestMs = Math.max(...results.map((result) => result.elapsedMs ?? 0));
    const done =
      hold.level === "kill" ? `nothing of ${results.length} session(s) is left` : `${countOf(results)} stand still`;
    return { ok: true, output, message: `${done}, verified in ${slowestMs.toFixed(1)} ms, hold ${hold.id}` };
  }
  const reason = bad.some((result) => result.state === "unreachable") ? "unreachable" : "unverified";
  return { ok: false, reason, message: bad.map(explainStop).join("; "), output };
}

function countOf(results: readonly StopResult[]): string {
  const processes = results.reduce((sum, result) => sum + result.processes, 0);
  return `${processes} process(es) of ${results.length} session(s)`;
}

export function explainStop(result: StopResult): string {
  const left = result.remaining.map(({ pid, command, state }) => `${pid} ${command} (${state})`).slice(0, 5);
  return `${result.sessionId}: ${result.state}, ${result.proof}${left.length === 0 ? "" : `: ${left.join(", ")}`}`;
}

/** Whether the step's hold is in force, and what it covers here stands still or is gone. */
export async function verifyStop(
  ctx: EffectorContext,
  { scope, target, level }: Omit<StopOrder, "reason" | "whenNothing">,
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
    const running = coveredBy(ctx, { scope, target }).filter(
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

export async function undoStop(
  ctx: EffectorContext,
  level: HoldLevel,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
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
