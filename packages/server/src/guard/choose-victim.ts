import type { SupervisedTree } from "../containment/index.ts";
import type { GuardPriority, GuardSettings } from "../kernel/index.ts";
import type { HostReading } from "./host-counters.ts";
import type { ProcessUsage } from "./process-meter.ts";

/** A session that the guard would stop, and how. */
export interface Victim {
  readonly tree: SupervisedTree;
  /** the most that its processes use of what runs short, in percent */
  readonly share: number;
  readonly effector: "agent.freeze" | "agent.kill";
}

export interface Shortage {
  readonly cpu: boolean;
  readonly memory: boolean;
}

const PRIORITY_DEFAULT = 50;

/**
 * Whom to stop next while something runs short: of the supervised sessions that use enough of it those of the lowest
 * priority, and of these the one that uses most. Nothing but supervised sessions is ever chosen. When memory runs short and
 * all that use it stand still already, the biggest of those is named for a kill: a frozen tree gives no memory back.
 *
 * @param spared sessions about which this emergency has decided already
 */
export function chooseVictim(
  candidates: readonly Candidate[],
  shortage: Shortage,
  settings: Pick<GuardSettings, "priorities" | "stops">,
  spared: Readonly<Record<Victim["effector"], ReadonlySet<string>>>,
): Victim | null {
  const worth = candidates
    .map((one) => ({ ...one, share: Math.max(shortage.cpu ? one.cpu : 0, shortage.memory ? one.memory : 0) }))
    .flatMap((one) => {
      const priority = priorityOf(one.tree, settings.priorities);
      return priority === "never" || one.share < settings.stops.worthPercent ? [] : { ...one, priority };
    })
    .toSorted((a, b) => a.priority - b.priority || b.share - a.share);
  const running = worth.find(({ tree }) => !tree.isFrozen && !spared["agent.freeze"].has(tree.sessionId));
  if (running !== undefined) return { tree: running.tree, share: running.share, effector: "agent.freeze" };
  if (!shortage.memory) return null;
  const frozen = worth.find(({ tree, memory }) => {
    return tree.isFrozen && memory >= settings.stops.worthPercent && !spared["agent.kill"].has(tree.sessionId);
  });
  return frozen === undefined ? null : { tree: frozen.tree, share: frozen.memory, effector: "agent.kill" };
}

/** What one session uses of the machine, or of the container's limit, in percent. */
export interface Candidate {
  readonly tree: SupervisedTree;
  readonly cpu: number;
  readonly memory: number;
}

export function candidatesOf(
  trees: readonly SupervisedTree[],
  usages: readonly ProcessUsage[],
  reading: HostReading,
): Candidate[] {
  const byPid = new Map(usages.map((usage) => [usage.pid, usage]));
  return trees.map((tree) => {
    const own = tree.processes.flatMap(({ pid }) => byPid.get(pid) ?? []);
    const sum = (of: "cpuPercent" | "memoryBytes") => own.reduce((total, one) => total + one[of], 0);
    return {
      tree,
      cpu: sum("cpuPercent") / reading.cpu.capacity,
      memory: (100 * sum("memoryBytes")) / reading.memory.capacity,
    };
  });
}

function priorityOf({ agentId, pack }: SupervisedTree, priorities: readonly GuardPriority[]): number | "never" {
  const named =
    priorities.find((one) => one.agent === agentId) ??
    priorities.find((one) => one.pack !== undefined && one.pack === pack);
  return named?.priority ?? PRIORITY_DEFAULT;
}
