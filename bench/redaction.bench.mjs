import { createSecretKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { DEFAULT_REDACTION } from "../packages/server/dist/kernel/index.js";
import { keyNameText } from "../packages/server/dist/originals/data-keys.js";
import { sealOriginals } from "../packages/server/dist/originals/seal-originals.js";
import { createRedactor } from "../packages/server/dist/redaction/index.js";

const LANES = path.resolve(import.meta.dirname, "../../shared/data/lanes");
const ROUNDS = 40;
const WARM_UP = 10;
const EVENTS = 500;
const BUDGET = { max: 50 };

/** Time of the processor for the redaction of events of 1 KB of several kinds, of hostile texts, and what it mistakes in logs without secrets. */
export async function run() {
  const redactor = createRedactor(DEFAULT_REDACTION);
  const kinds = {
    "a log line": (n) => prose(n),
    "code with JSON inside JSON": (n) => JSON.stringify(JSON.stringify({ n, file: prose(n), path: "C:\\work\\app" })),
    "hashes and identifiers": (n) => Array.from({ length: 16 }, (_, at) => hex(n * 31 + at)).join(" "),
    "a table of numbers": (n) => Array.from({ length: 90 }, (_, at) => (n * 7919 + at * 104_729) % 1e11).join(" "),
    "a token, a password and an address": (n) => `${secrets(n)} ${prose(n)}`,
  };
  return [
    ...Object.entries(kinds).map(([name, make]) => ({
      what: `one event of 1 KB: ${name}`,
      unit: "µs",
      values: measure(redactor, make),
      budget: BUDGET,
    })),
    await measureReversible(kinds["a token, a password and an address"]),
    ...["password=", "eyJ.", "4111-", "://a:"].map((piece) => measureHostile(redactor, piece)),
    ...["mixed_schema", "structured_windows", "sysmon_file_event"].map((lane) => countMistakes(redactor, lane)),
  ];
}

function makeEvents(make) {
  return Array.from({ length: EVENTS }, (_, n) => {
    const event = { resource: "build", data: { cwd: "/usr/src/app", exit_code: 0, output: make(n) } };
    const spare = 1024 - JSON.stringify(event).length;
    event.data.output = spare < 0 ? event.data.output.slice(0, spare) : event.data.output.padEnd(spare, " x");
    return JSON.parse(JSON.stringify(event));
  });
}

/** All of it kept: what is found is also encrypted, of three categories in each event. */
async function measureReversible(make) {
  const redactor = createRedactor({ ...DEFAULT_REDACTION, reversible: "all" });
  const key = { id: "key_1", key: createSecretKey(randomBytes(32)) };
  const keys = { require: async (names) => new Map(names.map((name) => [keyNameText(name), key])), forget: () => {} };
  const events = makeEvents(make);
  const values = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const items = events.map((event, n) => ({
      event: { id: `evt_${n}`, time: "2026-03-01T12:00:00.000Z", agentId: "scout" },
      originals: redactor.redactEvent(event).originals,
    }));
    await sealOriginals(keys, items);
    if (round >= 0) values.push(process.cpuUsage(before).user / events.length);
  }
  return {
    what: "one event of 1 KB with three secrets, redacted and its originals encrypted",
    unit: "µs",
    values,
    budget: BUDGET,
  };
}

function measure(redactor, make) {
  const events = makeEvents(make);
  const values = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (const event of events) redactor.redactEvent(event);
    if (round >= 0) values.push(process.cpuUsage(before).user / events.length);
  }
  return values;
}

/** The largest event there is, made to be searched in vain. */
function measureHostile(redactor, piece) {
  const data = { output: piece.repeat(Math.ceil((256 * 1024) / piece.length)) };
  const values = [];
  for (let round = -2; round < 8; round++) {
    const before = process.cpuUsage();
    redactor.redactEvent({ data });
    if (round >= 0) values.push(process.cpuUsage(before).user / 256);
  }
  return { what: `one KB of an event of 256 KB of ${JSON.stringify(piece)} only`, unit: "µs", values };
}

/** The lanes are synthetic and hold no secret: every finding is a mistake. */
function countMistakes(redactor, lane) {
  const lines = gunzipSync(readFileSync(path.join(LANES, `${lane}.ndjson.gz`)))
    .toString()
    .trim()
    .split("\n");
  const found = lines.flatMap((line) => redactor.redactEvent({ data: JSON.parse(line) }).facts);
  const types = [...new Set(found.map(({ type }) => type))].join(", ");
  return {
    what: `findings in the lane ${lane}, which holds nothing to find`,
    unit: `of ${lines.length} events`,
    values: [found.length],
    note: types || undefined,
  };
}

function prose(n) {
  return `Building project ${n} in /usr/src/app with node v20.19.1: compiled 132 modules in 4.2s, wrote dist/index.js (12,345 bytes) at 2026-03-01T12:00:00Z. The secret to success is patience; tokens used: ${n}. `.repeat(
    5,
  );
}

function hex(n) {
  let state = n;
  return Array.from({ length: 64 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 28).toString(16);
  }).join("");
}

function secrets(n) {
  return `token ghp_${hex(n).slice(0, 40)} postgres://app:tiger${n}@db.example.org/x password=tiger${n} ada${n}@example.org`;
}
