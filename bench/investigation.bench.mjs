import { setTimeout as sleep } from "node:timers/promises";
import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";

const EVENTS = 100_000;
const BATCH = 5_000;
const WARM_UP = 3;
const SAMPLES = 20;
const IMPACTS = 2;
const LIMIT_MS = 200;
/** pages that are read to come to the middle */
const PAGES_TO_MIDDLE = 40;

/** The timeline and the impact of an incident whose agent left 100,000 events in 50 minutes, over HTTP. */
export async function run() {
  const home = makeTempDir();
  try {
    const server = await startFirebreak(home);
    try {
      return await measure(server);
    } finally {
      await server.stop();
    }
  } finally {
    removeDir(home);
  }
}

async function measure(server) {
  await sendEvents(server);
  await untilJudged(server);
  const incident = await server.api("POST", "/incidents", {
    title: "Bench",
    severity: 2,
    type: "other",
    agentId: "scout",
  });
  const timeline = `/incidents/${incident.id}/timeline?limit=100`;
  const middle = await findMiddle(server, `${timeline}&view=all`);
  const rows = [];
  for (const [what, path] of [
    ["timeline of 100,000 events: a page of all, oldest first", `${timeline}&view=all`],
    ["timeline of 100,000 events: a page in the middle", `${timeline}&view=all&after=${middle}`],
    ["timeline of 100,000 events: newest of the curated view", `${timeline}&order=newest`],
  ]) {
    const values = await time(WARM_UP, SAMPLES, () => server.api("GET", path));
    rows.push({ what, unit: "ms", values, budget: { max: LIMIT_MS, at: "p95" } });
  }
  const afterNews = await time(1, SAMPLES, async (round) => {
    await server.api("POST", "/events", eventOf(Date.now(), EVENTS + round));
    return () => server.api("GET", `${timeline}&order=newest`);
  });
  rows.push({ what: "the same when an event came since: clocks and gaps anew", unit: "ms", values: afterNews });
  const impacts = await time(0, IMPACTS, () => server.api("POST", `/incidents/${incident.id}/impact`));
  return [...rows, { what: "impact out of 100,000 events", unit: "ms", values: impacts }];
}

/** @param act does it, or prepares it and returns what is timed */
async function time(warmUp, samples, act) {
  const values = [];
  for (let round = -warmUp; round < samples; round++) {
    const startedMs = performance.now();
    const prepared = await act(round + warmUp);
    const beganMs = typeof prepared === "function" ? performance.now() : startedMs;
    if (typeof prepared === "function") await prepared();
    if (round >= 0) values.push(performance.now() - beganMs);
  }
  return values;
}

function eventOf(atMs, number) {
  const command = `cd /srv/project-${number % 300} && cat src/file-${number}.ts | grep -n TODO > /tmp/out-${number % 9}`;
  const data = { command, cwd: "/srv", output: "x".repeat(600) };
  const risk = number % 1_000 === 0 ? "high" : "low";
  return {
    agent: { id: "scout" },
    kind: "command",
    outcome: "success",
    risk,
    time: new Date(atMs).toISOString(),
    data,
  };
}

async function sendEvents(server) {
  const firstMs = Date.now() - 50 * 60_000;
  for (let sent = 0; sent < EVENTS; sent += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => eventOf(firstMs + (sent + index) * 30, sent + index));
    await server.api("POST", "/events", batch);
  }
}

/** Detection is at work behind the intake; what is measured here is not its share of the processor. */
async function untilJudged(server) {
  for (let last = -1, same = 0; same < 4;) {
    const { position } = await server.api("GET", "/detection");
    same = position === last ? same + 1 : 0;
    last = position;
    await sleep(500);
  }
}

async function findMiddle(server, path) {
  let after = "";
  for (let page = 0; page < PAGES_TO_MIDDLE; page++) {
    const { next } = await server.api(
      "GET",
      `${path.replace("limit=100", "limit=500")}${after === "" ? "" : `&after=${after}`}`,
    );
    after = next;
  }
  return after;
}
