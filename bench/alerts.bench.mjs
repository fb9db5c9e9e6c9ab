import { fillAndMeasure } from "./alerts-room.mjs";
import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";

const WARM_UP = 3;
const SAMPLES = 40;
const LIMIT_MS = 200;

const query = (match, more = "") => `/alerts?status=open&limit=50&match=${encodeURIComponent(match)}${more}`;
const MIDDLE = `alr_${"50000".padStart(26, "0")}`;

/** What a person or a program asks of 100,000 open alerts, over HTTP, until the last byte of the answer. */
const QUESTIONS = [
  ["list of open alerts, first page", "GET", "/alerts?status=open&limit=50"],
  ["list of open alerts, a page in the middle", "GET", `/alerts?status=open&limit=50&after=${MIDDLE}`],
  ["list of held alerts", "GET", "/alerts?disposition=held&limit=50"],
  ['list by team="team-3"', "GET", query('team="team-3"')],
  ['list by team="team-3", instance=~"web-1[0-9]*5"', "GET", query('team="team-3", instance=~"web-1[0-9]*5"')],
  ['list by instance=~"web-1[0-9]*5" alone', "GET", query('instance=~"web-1[0-9]*5"')],
  ["incident with 200 of its alerts", "GET", "/incidents/INC-2026-0001"],
  ["list of incidents", "GET", "/incidents?limit=50"],
  ["overview", "GET", "/overview"],
  ['preview of a silence, team="team-3"', "POST", "/silences/preview", { match: 'team="team-3"' }],
  ['preview of a silence, instance=~"web-1.*"', "POST", "/silences/preview", { match: 'instance=~"web-1.*"' }],
];

export async function run() {
  const home = makeTempDir();
  try {
    const { decideMs, repeatMs } = await fillAndMeasure(home);
    return [
      ...(await askServer(home)),
      toRow("one alert through every stage, with 500 silences, 50 routes and an inhibition", decideMs),
      { what: "64 repeats of open alerts taken in and committed", unit: "ms", values: repeatMs },
    ];
  } finally {
    removeDir(home);
  }
}

async function askServer(home) {
  const server = await startFirebreak(home);
  try {
    const rows = [];
    for (const [what, method, apiPath, body] of QUESTIONS) {
      const values = [];
      for (let sample = -WARM_UP; sample < SAMPLES; sample++) {
        const startedMs = performance.now();
        await server.api(method, apiPath, body);
        if (sample >= 0) values.push(performance.now() - startedMs);
      }
      rows.push(toRow(what, values));
    }
    return rows;
  } finally {
    await server.stop();
  }
}

function toRow(what, values) {
  return { what, unit: "ms", values, budget: { max: LIMIT_MS, at: "p95" } };
}
