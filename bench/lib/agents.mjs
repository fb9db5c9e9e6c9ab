import { removeDir, startAgent, until } from "./firebreak.mjs";
import { findProcesses } from "./processes.mjs";

/** Eight naps, and a shell of its own session: with the shell that the supervisor starts, ten processes. */
const PROCESSES = 10;
const STANDS_WITHIN_MS = 60_000;

let started = 0;

/** Starts supervised trees of ten processes each, all at once, and waits until they stand. */
export async function startAgents({ home }, { count, pack }) {
  const agents = Array.from({ length: count }, () => {
    started += 1;
    const marker = `${process.pid}${String(started).padStart(4, "0")}`;
    const agent = `agent-${started}`;
    return { agent, pack, marker, ...startAgent(home, { agent, pack, marker }) };
  });
  try {
    for (const one of agents) await untilStands(one);
  } catch (error) {
    await endAgents(agents);
    throw error;
  }
  return agents;
}

async function untilStands(one) {
  const stands = () => {
    if (one.child.exitCode !== null) throw new Error(`the agent ended early: ${one.tail()}`);
    return treeSize(one) < PROCESSES ? undefined : true;
  };
  await until(`the tree of ${one.agent}`, stands, { withinMs: STANDS_WITHIN_MS, everyMs: 200 });
}

/** The marker stands on the supervisor's command line as well. */
function treeSize({ marker, pid }) {
  return findProcesses(`sleep 6000.${marker}`).filter((found) => found !== pid).length;
}

/** Looks with our own eyes: nothing of a killed agent runs. */
export function checkNothingLeft(agents) {
  for (const one of agents) {
    const left = treeSize(one);
    if (left > 0) throw new Error(`${left} processes of ${one.agent} run on after a verified kill`);
  }
}

export async function endAgents(agents) {
  await Promise.all(agents.map((one) => one.end()));
  for (const { workspace } of agents) removeDir(workspace);
}
