import { IndicatorSet } from "../packages/server/dist/indicators/indicator-set.js";
import { Found } from "../packages/server/dist/scans/found.js";
import { EventScan } from "../packages/server/dist/scans/scan-events.js";

const ROUNDS = 40;
const WARM_UP = 10;
const EVENTS = 500;

const SCANNED = 1_000_000;
const PAGE = 1_000;
/** Pages that differ; they are scanned again and again, because a million texts of 1 KB do not fit into memory. */
const PAGES = 20;

/**
 * Time of the processor: an event of 1 KB compared with lists of indicators, whose length must not count; and what the thread of a scan
 * needs on one core for a million stored events of 1 KB, of which one in a thousand meets an indicator. Reading them from the database
 * is beside it, in the server's thread.
 */
export function run() {
  const figures = [0, 1_000, 100_000].map((count) => ({
    what: `one event of 1 KB against ${count.toLocaleString("en-US")} indicators`,
    unit: "µs",
    values: measure(new IndicatorSet(makeEntries(count))),
  }));
  const scan = {
    what: "a scan of 1,000,000 stored events of 1 KB against 100,000 indicators, one core",
    unit: "s",
    values: [scanAll()],
    budget: { max: 60 },
  };
  return [...figures, scan];
}

function scanAll() {
  const set = new IndicatorSet(makeEntries(100_000));
  const found = new Found();
  const scan = new EventScan(set, found, { kind: "events" });
  const pages = Array.from({ length: PAGES }, (_, page) => makeBodies(page));
  const before = process.cpuUsage();
  let hits = 0;
  for (let at = 0; at < SCANNED / PAGE; at++) {
    scan.scan(pages[at % PAGES], 0);
    hits += found.take().reduce((sum, { count }) => sum + count, 0);
  }
  const seconds = process.cpuUsage(before).user / 1e6;
  if (hits !== SCANNED / PAGE) throw new Error(`${hits} hits were found, not one a page`);
  return seconds;
}

function makeBodies(page) {
  return Array.from({ length: PAGE }, (_, n) => {
    const seq = page * PAGE + n;
    const tail = n === 0 ? "connect 10.0.0.0" : "";
    const { resource, data } = makeEvent(seq);
    const time = "2026-03-01T12:00:00.000Z";
    const event = {
      agent: { id: `agent-${n % 50}` },
      data: { ...data, tail },
      id: `evt_${seq}`,
      kind: "command",
      outcome: "success",
      receivedTime: time,
      resource,
      source: "bench",
      time,
    };
    return { seq: String(seq), body: JSON.stringify(event) };
  });
}

function makeEvent(n) {
  const line = `run ${n}: GET https://registry-${n}.example.org/pkg/left-pad from 192.0.2.${n % 256}:443 wrote /usr/src/app/dist/chunk-${n}.js, mail ada@example.org. `;
  return { resource: "build", data: { cwd: "/usr/src/app", output: line.repeat(8).slice(0, 950) } };
}

function makeEntries(count) {
  const makers = [
    (n) => ["ip", `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`],
    (n) => ["cidr", `172.${16 + (n % 16)}.${(n >> 4) & 255}.0/24`],
    (n) => ["domain", `c2-${n}.evil.example`],
    (n) => ["url", `https://files-${n}.example/payload`],
    (n) => ["hash", n.toString(16).padStart(64, "0")],
    (n) => ["email", `boss-${n}@bad.example`],
    (n) => ["file_name", `dropper-${n}.exe`],
  ];
  return Array.from({ length: count }, (_, n) => {
    const [type, value] = makers[n % makers.length](n);
    return { id: `ind_${n}`, effect: "match", type, value, source: "feed", severity: 2, expiresMs: undefined };
  });
}

function measure(set) {
  const events = Array.from({ length: EVENTS }, (_, n) => makeEvent(n));
  const values = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (const event of events) set.match(event, 0);
    if (round >= 0) values.push(process.cpuUsage(before).user / events.length);
  }
  return values;
}
