import type { ProcessIdentity, StopResult } from "@firebreak/protocol";
import { killswitchPaths } from "../../killswitch/index.ts";
import { findProcessesOfAgent, observeTree } from "../process-tree/index.ts";
import type { TreeObservation } from "../process-tree/index.ts";
import type { SupervisorEntry } from "../registry.ts";
import { findEndedSessions, handleOf, isOnThisHost, readSupervisorEntries } from "../registry.ts";

export interface AgentObservation {
  /** one per session of the agent, registered or ended on this machine */
  readonly results: readonly StopResult[];
  /** processes that carry the agent's name and belong to no registered tree */
  readonly loose: readonly ProcessIdentity[];
}

/** Looks at everything that is known of an agent on this machine, without touching it. */
export function observeAgent(home: string, agentId: string): AgentObservation {
  const registered = readSupervisorEntries(home).entries.filter((entry) => entry.agentId === agentId);
  const ids = new Set(registered.map((entry) => entry.sessionId));
  const ended = findEndedSessions(home, agentId).filter((entry) => !ids.has(entry.sessionId));
  const members = new Set<number>();
  const results = [...registered, ...ended.slice(0, ENDED_OBSERVED_MAX)].map((entry) => {
    if (!isOnThisHost(entry)) return elsewhere(entry);
    const seen = observeTree(handleOf(entry));
    for (const { pid } of seen.processes) members.add(pid);
    return toResult(entry, seen);
  });
  const loose = findProcessesOfAgent(agentId, killswitchPaths(home).dir);
  return { results, loose: loose.filter(({ pid }) => !members.has(pid)) };
}

/** The newest ended sessions are proved one by one; older ones could only show as loose processes. */
const ENDED_OBSERVED_MAX = 10;

function toResult(entry: SupervisorEntry, seen: TreeObservation): StopResult {
  const { sessionId, agentId, pack } = entry;
  const isStopped = seen.state !== "running";
  return {
    sessionId,
    agentId,
    pack,
    level: seen.state === "gone" ? "kill" : "freeze",
    state: isStopped ? "verified_stopped" : "failed",
    elapsedMs: null,
    proof: { gone: "no process left", frozen: "process states", running: "processes run" }[seen.state],
    processes: seen.processes.length,
    remaining: [...seen.running],
  };
}

function elsewhere(entry: SupervisorEntry): StopResult {
  const { sessionId, agentId, pack } = entry;
  const proof = `it runs on another host, ${entry.host}`;
  return {
    sessionId,
    agentId,
    pack,
    level: "freeze",
    state: "unreachable",
    elapsedMs: null,
    proof,
    processes: 0,
    remaining: [],
  };
}
