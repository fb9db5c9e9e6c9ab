import { createHash } from "node:crypto";
import path from "node:path";
import { countOverTime, countValues, searchEvents } from "../packages/server/dist/telemetry/index.js";
import { systemClock } from "../packages/server/dist/kernel/index.js";
import { openRoom } from "./explorer-room.mjs";
import { makeTempDir, removeDir } from "./lib/firebreak.mjs";

const SIZES = [10_000, 100_000, 1_000_000];
/** A folder in which the large rooms are made once, which takes longer than a benchmark may, and found again. */
const KEPT_ROOMS = process.env.FIREBREAK_BENCH_EVENTS_HOME;
const KEPT_FROM = 1_000_000;
/** only where rooms are kept: made before by `openRoom` */
const LARGEST = 10_000_000;
const WARM_UP = 2;
const SAMPLES = 25;
const BUDGETS = { column: 50, text: 200, histogram: 300 };

/** As the room gives it to its events. */
const hashOf = (event) => createHash("md5").update(String(event)).digest("hex");

/** What a person asks of the explorer; the number makes each question another one. */
function questionsOf({ startMs, endMs }) {
  const since = new Date(startMs).toISOString();
  const until = new Date(endMs).toISOString();
  const day = { since: new Date(endMs - 20 * 3_600_000).toISOString(), until };
  const list = (budget, what, filters) => ({ budget, what, ask: (ctx, n) => searchEvents(ctx, filters(n)) });
  return [
    list("column", "newest page", () => ({})),
    list("column", "one agent", (n) => ({ agent: `agent-${n}` })),
    list("column", "one agent, denied", (n) => ({ agent: `agent-${n}`, outcome: ["denied"] })),
    list("column", "one session", (n) => ({ session: `ses-${n}` })),
    list("column", "a session that is not there", (n) => ({ session: `none-${n}` })),
    list("column", "kind and risk, one event in 6,000", () => ({ kind: ["command"], risk: ["high"] })),
    list("column", "oldest page of a kind", () => ({ kind: ["file"], order: "oldest" })),
    list("text", "a word of one event in 100,000", () => ({ text: "needle" })),
    list("text", "a word that is not there", (n) => ({ text: `nothing${n}` })),
    list("text", "a word of every event", () => ({ text: "curl" })),
    list("text", "the name of a host, one event in 3,000", (n) => ({ text: `host-${n * 7}.example.org` })),
    list("text", "a hash, one event", (n) => ({ text: hashOf(n * 301) })),
    list("text", "path data.pid=NUMBER, one event in 30,000", (n) => ({ path: [`data.pid=${n * 11}`] })),
    {
      budget: "histogram",
      what: "histogram of thirty days by outcome",
      ask: (ctx) => countOverTime(ctx, { since, until, buckets: 60, by: "outcome" }),
    },
    {
      budget: "histogram",
      what: "histogram of twenty hours by kind",
      ask: (ctx) => countOverTime(ctx, { ...day, buckets: 60, by: "kind" }),
    },
    {
      budget: "histogram",
      what: "histogram of a rare word over thirty days",
      ask: (ctx) => countOverTime(ctx, { since, until, buckets: 60, text: "needle" }),
    },
    { what: "facets of thirty days", ask: (ctx) => countValues(ctx, { since, until, top: 10 }) },
  ];
}

/** Searches and counts over stored events, and how they grow with their number. */
export async function run() {
  const rows = [];
  for (const size of KEPT_ROOMS === undefined ? SIZES : [...SIZES, LARGEST]) {
    const isKept = KEPT_ROOMS !== undefined && size >= KEPT_FROM;
    const home = isKept ? path.resolve(KEPT_ROOMS, String(size)) : makeTempDir();
    try {
      rows.push(...(await measure(home, size)));
    } finally {
      if (!isKept) removeDir(home);
    }
  }
  return rows;
}

async function measure(home, size) {
  const room = await openRoom(home, size);
  try {
    const ctx = { database: room.database, clock: systemClock };
    const rows = [];
    for (const { what, ask, budget } of questionsOf(room)) {
      const values = [];
      let partial = 0;
      for (let number = 1 - WARM_UP; number <= SAMPLES; number++) {
        const startedMs = performance.now();
        const answer = await ask(ctx, Math.abs(number));
        if (number < 1) continue;
        values.push(performance.now() - startedMs);
        if ((answer.searchedBackTo ?? answer.countedBackTo ?? null) !== null) partial++;
      }
      rows.push({
        what: `${size.toLocaleString("en")} events: ${what}`,
        unit: "ms",
        values,
        ...(budget === undefined ? {} : { budget: { max: BUDGETS[budget], at: "p95" } }),
        ...(partial === 0 ? {} : { note: `${partial} of ${SAMPLES} answers were partial` }),
      });
    }
    return rows;
  } finally {
    await room.database.close();
  }
}
