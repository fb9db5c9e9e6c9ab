import type { AgentCoverage, AgentView } from "@firebreak/protocol";
import { clockOf } from "./sample-data.ts";
import type { Sample } from "./sample-data.ts";

/** One agent behind a gate and a supervisor, one behind a gate alone that was not seen yet, the others as they run. */
export function coverageOf(sample: Sample): AgentCoverage[] {
  const gate: AgentCoverage["gates"][number] = {
    runtime: "claude-code",
    version: null,
    state: "installed",
    lastReportAt: null,
    place: "/home/ada/.claude/settings.json",
    installedAt: clockOf(Date.now())(600),
    testedAt: clockOf(Date.now())(600),
    testPassed: true,
  };
  const cover = (agent: Pick<AgentView, "id" | "pack"> & Partial<AgentView>): AgentCoverage => {
    const alive = agent.session?.state === "running" || agent.session?.state === "frozen";
    const gates = agent.id === "scout" || agent.session === undefined ? [gate] : [];
    const isGated = gates.length > 0;
    return {
      agentId: agent.id,
      pack: agent.pack,
      lastSeenAt: agent.lastSeenAt ?? null,
      level: alive ? (isGated ? "processes_and_calls" : "processes") : isGated ? "calls" : "observed",
      summary:
        alive || isGated
          ? "What stands before it stops it."
          : "Observed only: nothing can refuse its calls or end its processes.",
      supervisor: null,
      gates,
      enforced: isGated ? ["claude-code: tool calls of the agent and its sub-agents"] : [],
      observedOnly: isGated
        ? ["claude-code: processes that a command left running"]
        : ["its calls: no gate stands before them"],
    };
  };
  const unseen = sample.agents.length === 0 ? [] : [cover({ id: "reviewer", pack: "research" })];
  return [...sample.agents.map((agent) => cover(agent)), ...unseen];
}
