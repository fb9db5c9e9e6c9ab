import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";
import { checkNothingLeft, endAgents, startAgents } from "./lib/agents.mjs";

const FREEZE_ROUNDS = 20;
const GENERATIONS = 2;
const AGENTS = 10;

/**
 * Stops real `firebreak run` supervisors through the API: one agent, and ten of a pack at once, each a tree of ten
 * processes. Times are those of the receipts, from the request to each tree's proof.
 */
export async function run() {
  const home = makeTempDir();
  const server = await startFirebreak(home);
  const measured = { freezeOne: [], freezeTen: [], killOne: [], killTen: [] };
  try {
    for (let generation = 0; generation < GENERATIONS; generation++) {
      await measureKillOfPack(server, measured, `pack-${generation}`);
      await measureKillOfEach(server, measured, `single-${generation}`);
    }
  } finally {
    await server.stop();
    removeDir(home);
  }
  return [
    toRow("stop 1 supervised agent (10 processes), verified frozen", measured.freezeOne, 100),
    toRow("stop 10 supervised agents at once, verified frozen", measured.freezeTen, 100),
    toRow("1 supervised agent killed and verified", measured.killOne, 250),
    toRow("10 supervised agents at once, killed and verified", measured.killTen, 250),
  ];
}

function toRow(what, values, max) {
  const note = "as the receipts of POST /killswitch/stop say";
  return { what, unit: "ms", values, budget: { max, at: "p99" }, note };
}

async function measureKillOfPack(server, measured, pack) {
  const agents = await startAgents(server, { count: AGENTS, pack });
  try {
    for (let round = 0; round < FREEZE_ROUNDS / GENERATIONS; round++) {
      measured.freezeTen.push(...(await freezeAndResume(server, { scope: "pack", target: pack }, AGENTS)));
      measured.freezeOne.push(...(await freezeAndResume(server, { scope: "agent", target: agents[round].agent }, 1)));
    }
    measured.killTen.push(...(await stop(server, { scope: "pack", target: pack }, "kill", AGENTS)).elapsedMs);
    checkNothingLeft(agents);
  } finally {
    await endAgents(agents);
  }
}

async function measureKillOfEach(server, measured, pack) {
  const agents = await startAgents(server, { count: AGENTS, pack });
  try {
    for (const { agent } of agents) {
      measured.killOne.push(...(await stop(server, { scope: "agent", target: agent }, "kill", 1)).elapsedMs);
    }
    checkNothingLeft(agents);
  } finally {
    await endAgents(agents);
  }
}

async function freezeAndResume(server, what, targets) {
  const { hold, elapsedMs } = await stop(server, what, "freeze", targets);
  await server.api("POST", `/killswitch/holds/${hold.id}/resume`, { reason: "benchmark" });
  return elapsedMs;
}

async function stop({ api }, what, level, targets) {
  const { hold, verified, results } = await api("POST", "/killswitch/stop", { ...what, level, reason: "benchmark" });
  if (!verified || results.length !== targets) throw new Error(`a stop was not verified: ${JSON.stringify(results)}`);
  return { hold, elapsedMs: results.map((result) => result.elapsedMs) };
}
