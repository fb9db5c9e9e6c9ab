import { appendFileSync, copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import {
  layOutWithoutRules,
  makeTempDir,
  queryDatabase,
  removeDir,
  repository,
  startFirebreak,
  startNode,
  until,
} from "./lib/firebreak.mjs";
import { sendLoad } from "./lib/load.mjs";
import { processorMsOf, treeOf } from "./lib/processes.mjs";
import { summarize } from "./lib/statistics.mjs";

const ROUNDS = 2;
/** Short, so that no agent runs the 50 commands in a minute that would raise an alert. */
const BATCHES = { batch: 500, connections: 8, seconds: 3, warmUpSeconds: 2 };
/** A fleet: as many agents as send at once share a commit. */
const SINGLES = { batch: 1, connections: 256, seconds: 3, warmUpSeconds: 2 };
const FEW_SINGLES = { ...SINGLES, connections: 64 };
const FIRST_EVENTS = { kind: "log", batch: 1, connections: 1, seconds: 0.1, warmUpSeconds: 0 };
const JUDGED_WITHIN_MS = 60_000;

/** What each server is sent; one runs at a time, as idle ones take processor time too, and every round runs all in turn. */
const CASES = {
  bare: [
    { id: "bare batches", load: { kind: "log", ...BATCHES } },
    { id: "bare singles", load: { kind: "log", ...SINGLES } },
    { id: "bare singles of few", load: { kind: "log", ...FEW_SINGLES } },
  ],
  alone: [
    { id: "batches, alone", load: { kind: "log", ...BATCHES } },
    { id: "singles, alone", load: { kind: "log", ...SINGLES } },
    { id: "singles of few, alone", load: { kind: "log", ...FEW_SINGLES } },
  ],
  withoutRules: [{ id: "batches, no rules", load: { kind: "log", ...BATCHES } }],
  shipped: [
    { id: "batches, rules", load: { kind: "log", ...BATCHES } },
    { id: "command batches, rules", load: { kind: "command", ...BATCHES } },
    { id: "command singles, rules", load: { kind: "command", ...SINGLES } },
  ],
};

/** Durable intake over HTTP into embedded storage, 1 KB events, beside a bare prototype in the same run. */
export async function run() {
  const directory = makeTempDir();
  try {
    const starts = layOutServers(directory);
    const acknowledged = Object.fromEntries(Object.keys(CASES).map((name) => [name, 0]));
    const rounds = new Map(
      Object.values(CASES)
        .flat()
        .map(({ id }) => [id, []]),
    );
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, cases] of Object.entries(CASES)) {
        const server = await starts[name]();
        try {
          // a server is healthy before its rules are read
          const first = await runCase(server, { server: name, load: FIRST_EVENTS }, round);
          acknowledged[name] += first.acknowledged;
          for (const one of cases) {
            const result = await runCase(server, { ...one, server: name }, round);
            acknowledged[name] += result.acknowledged;
            rounds.get(one.id).push(result);
          }
          await checkCount(name, server.home, acknowledged[name]);
        } finally {
          await server.stop();
        }
      }
    }
    return toRows(rounds, acknowledged);
  } finally {
    removeDir(directory);
  }
}

/** @returns how to start each server on its own data */
function layOutServers(directory) {
  const home = (name) => path.join(directory, name);
  const main = layOutWithoutRules(home("installed"));
  const alone = makeHomeWithoutRedaction(home("alone"));
  const start = async (place, options) => ({ ...(await startFirebreak(place, options)), path: "/api/v1/events" });
  return {
    bare: () => startPrototype(home("bare")),
    alone: () => start(alone, { main }),
    withoutRules: () => start(home("without-rules"), { main }),
    shipped: () => start(home("shipped"), {}),
  };
}

/** The profile as it is shipped, but for redaction. */
function makeHomeWithoutRedaction(home) {
  mkdirSync(home, { mode: 0o700 });
  const profile = path.join(home, "profile.yaml");
  copyFileSync(path.join(repository, "profiles/ai-empire/profile.yaml"), profile);
  appendFileSync(profile, "\nredaction: { secrets: off, pii: off }\n");
  return home;
}

async function startPrototype(home) {
  const child = startNode([path.join(repository, "bench/intake-prototype.mjs"), home]);
  const { port } = await until("the prototype", () => (child.tail() === "" ? undefined : JSON.parse(child.tail())));
  return { home, port, token: "none", path: "/events", pid: child.pid, stop: child.end };
}

/** @returns the generator's figures, and how long the rules took to catch up after the last answer */
async function runCase(server, one, round) {
  const { port, token, home } = server;
  const { server: name, load } = one;
  const prefix = `${load.kind}${load.batch}c${load.connections}s${load.seconds}r${round}`;
  const before = readProcessorMs(server.pid);
  const result = await sendLoad({ ...load, port, token, path: server.path, prefix });
  const behindMs = name === "bare" ? 0 : await untilJudged(home);
  const after = readProcessorMs(server.pid);
  const perEvent = (part) => ((after[part] - before[part]) * 1000) / result.acknowledged;
  return { ...result, behindMs, serverMicros: perEvent("server"), databaseMicros: perEvent("database") };
}

/** Processor time of the Node process and of what it started, which is PostgreSQL; it tells more than rates on a shared machine. */
function readProcessorMs(pid) {
  const [server, ...database] = treeOf(pid).map(processorMsOf);
  return { server, database: database.reduce((sum, one) => sum + one, 0) };
}

/** Waits until the cursor of detection stands at the last stored event. */
async function untilJudged(home) {
  const startedMs = performance.now();
  const question = `select coalesce(max(seq), 0) - coalesce((select max(last_seq) from event_cursors), 0) as behind from events`;
  const ask = async () => ((await queryDatabase(home, question))[0].behind === "0" ? true : undefined);
  await until("the rules to judge every event", ask, { withinMs: JUDGED_WITHIN_MS, everyMs: 100 });
  return performance.now() - startedMs;
}

async function checkCount(name, home, acknowledged) {
  const table = name === "bare" ? "bare_events" : "events where source = 'bench'";
  const [{ count }] = await queryDatabase(home, `select count(*)::int as count from ${table}`);
  if (count !== acknowledged) throw new Error(`${name}: ${acknowledged} events acknowledged, ${count} stored`);
}

/** What is measured against which case of the prototype: the design's budget, and the share of the prototype that it came from. */
const MEASURED = [
  {
    id: "batches, alone",
    bare: "bare batches",
    min: 35_000,
    percentMin: 73,
    what: "intake, NDJSON, 500 a request, 8 connections; no rules, redaction off",
  },
  { id: "batches, no rules", bare: "bare batches", what: "the same with redaction" },
  {
    id: "batches, rules",
    bare: "bare batches",
    min: 15_000,
    percentMin: 31,
    what: "the same with redaction and the shipped rules, events of kind `log` (no rule fits)",
  },
  {
    id: "command batches, rules",
    bare: "bare batches",
    min: 15_000,
    percentMin: 31,
    what: "the same with redaction and the shipped rules, every event a command (all rules look)",
  },
  {
    id: "singles, alone",
    bare: "bare singles",
    min: 12_000,
    percentMin: 70,
    what: "intake, one event a request, 256 connections; no rules, redaction off",
  },
  { id: "singles of few, alone", bare: "bare singles of few", what: "the same with 64 connections" },
  {
    id: "command singles, rules",
    bare: "bare singles",
    what: "one event a request, 256 connections, with redaction and the shipped rules, every event a command",
  },
];

function toRows(rounds, acknowledged) {
  const stored = Object.entries(acknowledged).reduce((sum, [name, count]) => (name === "bare" ? sum : sum + count), 0);
  const rows = MEASURED.flatMap((measured) => toRowsOf(measured, rounds));
  rows[0].note += `. The audit log and the index of the search are always on. Of all rows: ${stored} events acknowledged, and as many counted in the tables afterwards`;
  return rows;
}

/** Rates depend on the machine; the share of the prototype, which ran in the same minute, hardly does. */
function toRowsOf({ id, bare, what, min, percentMin }, rounds) {
  const [own, peer] = [rounds.get(id), rounds.get(bare)];
  const rates = own.map(({ eventsPerSecond }) => eventsPerSecond);
  const shares = rates.map((rate, index) => (rate / peer[index].eventsPerSecond) * 100);
  const median = Math.round(summarize(peer.map(({ eventsPerSecond }) => eventsPerSecond)).median);
  return [
    {
      what,
      unit: "events/s",
      ...(min === undefined ? {} : { budget: { min } }),
      values: rates,
      peer: `bare Fastify + PostgreSQL in the same run: ${median} events/s; its ${describeProcessor(peer)}`,
      note: describe(own),
    },
    {
      what: `${what}: share of the prototype's rate`,
      unit: "%",
      ...(percentMin === undefined ? {} : { budget: { min: percentMin } }),
      values: shares,
    },
  ];
}

function describeProcessor(rounds) {
  const median = (name) => summarize(rounds.map((round) => round[name])).median.toFixed(1);
  return `processor time an event: server ${median("serverMicros")} µs, PostgreSQL ${median("databaseMicros")} µs`;
}

function describe(rounds) {
  // a round in which nothing was answered in time has no p50
  const median = (name) => summarize(rounds.map((round) => round[name] ?? Infinity)).median.toFixed(1);
  const behind = Math.max(...rounds.map((round) => round.behindMs));
  const refused = rounds.reduce((sum, round) => sum + round.refused, 0);
  const turnedAway = refused === 0 ? "" : `; ${refused} requests were asked to come again (429)`;
  const judged = `every event judged ${(behind / 1000).toFixed(1)} s after the last answer at the latest`;
  return `p50 ${median("p50Ms")} ms, p99 ${median("p99Ms")} ms; ${describeProcessor(rounds)}; ${judged}${turnedAway}`;
}
