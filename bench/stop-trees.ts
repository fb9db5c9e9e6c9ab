import { cpus, release } from "node:os";
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

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
}

/** From the request to the proof of the last tree of the round, and of each tree; ms. */
async function measure(count: number, withCgroup: boolean, rounds: number) {
  const frozenMs: number[] = [];
  const killedMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const trees = await startTrees(count, withCgroup);
    const handles = trees.map((tree) => tree.handle);
    const frozen = await freezeTrees(handles, options);
    const killed = await killTrees(handles, options);
    if (![...frozen, ...killed].every((result) => result.verified)) throw new Error("a stop was not verified");
    frozenMs.push(...frozen.map((result) => result.elapsedMs));
    killedMs.push(...killed.map((result) => result.elapsedMs));
    for (const tree of trees) await tree.end();
  }
  const spread = (values: number[]) => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  return {
    trees: count,
    processes: count * 10,
    withCgroup,
    rounds,
    frozenMs: spread(frozenMs),
    killedMs: spread(killedMs),
  };
}

const results = [];
for (const withCgroup of [true, false]) {
  for (const [count, rounds] of [
    [1, 20],
    [10, 8],
    [100, 3],
  ] as const) {
    results.push(await measure(count, withCgroup, rounds));
  }
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
process.stdout.write(JSON.stringify({ bench: "stop-trees", machine, results }, null, 2) + "\n");
