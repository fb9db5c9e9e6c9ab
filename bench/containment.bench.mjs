import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeTempDir, removeDir, repository, startFirebreak, until } from "./lib/firebreak.mjs";
import { checkNothingLeft, endAgents, startAgents } from "./lib/agents.mjs";
import { sendLoad } from "./lib/load.mjs";
import { percentile } from "./lib/statistics.mjs";

const GROUPS = 4;
const AGENTS_PER_GROUP = 5;
const BACKGROUND = { kind: "log", batch: 100, connections: 2, warmUpSeconds: 0, eventsPerSecond: 2_000 };
/** Longer than a group takes on a slow machine; the load is waited for. */
const BACKGROUND_SECONDS = 9;
const CONTAINED_WITHIN_MS = 30_000;

/**
 * From an event that fires the shipped rule on destructive commands to the verified freeze of the agent that sent it, by
 * the shipped playbook: rule, alert, incident, run, hold, freeze, proof. A fresh agent of ten processes each time.
 */
export async function run() {
  const home = makeTempDir();
  allowManyActs(home);
  const server = await startFirebreak(home);
  try {
    const idle = await measure(server, async (work) => work());
    let round = 0;
    const loaded = await measure(server, async (work) => {
      const { port, token } = server;
      const load = { ...BACKGROUND, port, token, path: "/api/v1/events", seconds: BACKGROUND_SECONDS };
      const sending = sendLoad({ ...load, prefix: `background${(round += 1)}` });
      await work();
      const { eventsPerSecond } = await sending;
      if (eventsPerSecond < BACKGROUND.eventsPerSecond * 0.9)
        throw new Error(`only ${eventsPerSecond} events/s of load`);
    });
    return [
      toRow("event accepted to agent verified frozen, server idle", idle, 250),
      toRow("the same under 2,000 events/s", loaded, 250),
    ];
  } finally {
    await server.stop();
    removeDir(home);
  }
}

/** The guard rails stay on, and are wide enough for agents that all go rogue within minutes. */
function allowManyActs(home) {
  const shipped = readFileSync(path.join(repository, "profiles/ai-empire/profile.yaml"), "utf8");
  const profile = shipped
    // each agent's stops are found by its own incident
    .replace(/^alerts:\n/m, "alerts:\n  storm: { incidents: 0, incidentsOfAll: 0 }\n")
    .replace("actionsPerHour: 20", "actionsPerHour: 1000")
    .replace("actionsPerRulePerHour: 10", "actionsPerRulePerHour: 1000")
    .replace("fleetShare: 0.5", "fleetShare: 1");
  if (!profile.includes("fleetShare: 1") || !profile.includes("  storm:"))
    throw new Error("the shipped profile has no guard rails to widen");
  writeFileSync(path.join(home, "profile.yaml"), profile);
}

function toRow(what, samples, max) {
  const values = samples.map((sample) => sample.frozenMs);
  const p99Of = (name) =>
    percentile(
      samples.map((sample) => sample[name]),
      0.99,
    ).toFixed(0);
  const medianOf = (name) =>
    percentile(
      samples.map((sample) => sample[name]),
      0.5,
    ).toFixed(0);
  const parts = `medians: accepted to hold ${medianOf("heldMs")} ms, freeze and proof ${medianOf("freezeMs")} ms`;
  const end = `evidence kept, killed and verified after ${medianOf("killedMs")} ms (p99 ${p99Of("killedMs")} ms)`;
  return { what, unit: "ms", values, budget: { max, at: "p99" }, note: `${parts}; ${end}` };
}

async function measure(server, underLoad) {
  const samples = [];
  for (let group = 0; group < GROUPS; group++) {
    const agents = await startAgents(server, { count: AGENTS_PER_GROUP, pack: "bench" });
    try {
      await underLoad(async () => {
        for (const { agent } of agents) samples.push(await contain(server, agent));
      });
      checkNothingLeft(agents);
    } finally {
      await endAgents(agents);
    }
  }
  return samples;
}

/** Times are the server's own, from the receipt of the event to the ends of the stops, all of one clock. */
async function contain({ api }, agent) {
  const { accepted } = await api("POST", "/events", {
    agent: { id: agent },
    kind: "command",
    data: { command: "rm -rf /srv/data" },
  });
  if (accepted !== 1) throw new Error("the event was not accepted");
  const acceptedMs = await readReceivedMs(api, agent);
  const { freeze, kill } = await until(`the containment of ${agent}`, () => findStops(api, agent), {
    withinMs: CONTAINED_WITHIN_MS,
  });
  const sinceAccepted = (time) => Date.parse(time) - acceptedMs;
  const [result] = freeze.results;
  return {
    frozenMs: sinceAccepted(freeze.completedAt),
    heldMs: sinceAccepted(freeze.hold.at),
    freezeMs: result.elapsedMs,
    killedMs: sinceAccepted(kill.completedAt),
  };
}

async function readReceivedMs(api, agent) {
  const { items } = await api("GET", `/events?agent=${agent}&kind=command`);
  return Date.parse(items[0].receivedTime);
}

/** @returns the verified stops of the agent's incident once the kill is among them */
async function findStops(api, agent) {
  const { items } = await api("GET", "/incidents?limit=50");
  const incident = items.find((candidate) => candidate.agentId === agent);
  if (incident === undefined) return undefined;
  const { stops } = await api("GET", `/incidents/${incident.id}`);
  const find = (level) => stops.find((stop) => stop.hold.level === level && stop.verified && stop.results.length === 1);
  const [freeze, kill] = [find("freeze"), find("kill")];
  return freeze === undefined || kill === undefined ? undefined : { freeze, kill };
}
