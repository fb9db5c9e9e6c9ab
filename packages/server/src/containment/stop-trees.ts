import type { HoldLevel, StopResult, StopState } from "@firebreak/protocol";
import type { Clock } from "../kernel/index.ts";
import type { TreeHandle, TreeResult } from "./process-tree/index.ts";
import { freezeTrees, killTrees } from "./process-tree/index.ts";

export interface StopTarget {
  readonly handle: TreeHandle;
  readonly agentId: string;
  readonly pack: string | null;
}

/**
 * Brings trees to a level and proves it. A freeze that cannot be verified in time becomes a kill by itself: what is
 * still running is worse than what the evidence loses. The result says so.
 *
 * @param options.deadlineMs for the freeze, and again for the kill
 */
export async function stopTrees(
  targets: readonly StopTarget[],
  level: HoldLevel,
  options: { deadlineMs: number; clock: Clock },
): Promise<StopResult[]> {
  const startMs = options.clock.monotonicMs();
  if (level === "deny") return targets.map(acknowledgeDenial);
  const handles = targets.map((target) => target.handle);
  if (level === "kill") {
    return toResults(targets, "kill", await killTrees(handles, options), "");
  }
  const frozen = toResults(targets, "freeze", await freezeTrees(handles, options), "");
  const resisting = targets.filter((_, i) => frozen[i]?.state !== "verified_stopped");
  if (resisting.length === 0) return frozen;
  const spentMs = options.clock.monotonicMs() - startMs;
  const killed = await killTrees(
    resisting.map((target) => target.handle),
    options,
  );
  const escalated = toResults(resisting, "kill", killed, "escalated to kill, the freeze was not verified; ", spentMs);
  return frozen.map((result) => escalated.find((other) => other.sessionId === result.sessionId) ?? result);
}

/** Gates deny from the moment the journal has the hold; the processes run on, so this proves no stop. */
function acknowledgeDenial({ handle, agentId, pack }: StopTarget): StopResult {
  return {
    sessionId: handle.sessionId,
    agentId,
    pack,
    level: "deny",
    state: "acknowledged",
    elapsedMs: 0,
    proof: "gate: the journal and the flag file deny every call; the processes run on",
    processes: 0,
    remaining: [],
  };
}

function toResults(
  targets: readonly StopTarget[],
  level: HoldLevel,
  results: readonly TreeResult[],
  prefix: string,
  spentMs = 0,
): StopResult[] {
  return targets.map(({ handle, agentId, pack }) => {
    const result = results.find((candidate) => candidate.sessionId === handle.sessionId);
    return {
      sessionId: handle.sessionId,
      agentId,
      pack,
      level,
      state: stateOf(result),
      elapsedMs: result === undefined ? null : Math.round((result.elapsedMs + spentMs) * 100) / 100,
      proof: prefix + (result?.proof ?? "nothing was done"),
      processes: result?.processes ?? 0,
      remaining: [...(result?.remaining ?? [])],
    };
  });
}

/** Unverified: we do not know. Failed: we know that something is left. */
function stateOf(result: TreeResult | undefined): StopState {
  if (result === undefined) return "failed";
  if (result.verified) return "verified_stopped";
  return result.remaining.length > 0 ? "failed" : "unverified";
}
