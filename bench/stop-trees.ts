import { freezeTrees, killTrees } from "../packages/server/src/containment/process-tree/index.ts";
import { systemClock } from "../packages/server/src/kernel/index.ts";
import type { TestTree } from "../test/agents/process-trees.ts";
import { startTestTree, until } from "../test/agents/process-trees.ts";
import { listTrees } from "../packages/server/src/containment/process-tree/index.ts";

/** Ten processes: a root, seven children, and a child with a child of its own in another session. */
const TEN = "for i in 1 2 3 4 5 6 7; do sleep 600 & done; setsid sh -c 'sleep 600 & wait' & wait";
const options = { deadlineMs: 5000, clock: systemClock };

async function startTrees(count: number, withCgroup: boolean): Promise<TestTree[]> {
  const trees = Array.from({ length: count }, () => startTestTree(TEN, withCgroup));
  const handles = trees.map((tree) => tree.handle);
  await until("every tree stands", () => [...listTrees(handles).values()].every((list) => list.length === 10), 60_000);
  return trees;
}

export interface StopTimes {
  readonly trees: number;
  readonly withCgroup: boolean;
  /** of each tree of every round, from the request for all of them to that tree's proof; ms */
  readonly frozenMs: number[];
  readonly killedMs: number[];
}

async function measure(count: number, withCgroup: boolean, rounds: number): Promise<StopTimes> {
  const times: StopTimes = { trees: count, withCgroup, frozenMs: [], killedMs: [] };
  for (let round = 0; round < rounds; round++) {
    const trees = await startTrees(count, withCgroup);
    const handles = trees.map((tree) => tree.handle);
    const frozen = await freezeTrees(handles, options);
    const killed = await killTrees(handles, options);
    if (![...frozen, ...killed].every((result) => result.verified)) throw new Error("a stop was not verified");
    times.frozenMs.push(...frozen.map((result) => result.elapsedMs));
    times.killedMs.push(...killed.map((result) => result.elapsedMs));
    for (const tree of trees) await tree.end();
  }
  return times;
}

/** Trees at once, with a cgroup each or found by parents and sessions, and how often. */
const SETTINGS = [
  [1, true, 20],
  [10, true, 20],
  [100, true, 10],
  [100, false, 5],
] as const;

/** Freezes and kills 1, 10 and 100 real process trees of ten processes each. */
export async function measureStops(): Promise<StopTimes[]> {
  const results: StopTimes[] = [];
  for (const [count, withCgroup, rounds] of SETTINGS) results.push(await measure(count, withCgroup, rounds));
  return results;
}
