import { IndicatorSet } from "../packages/server/dist/indicators/indicator-set.js";

const ROUNDS = 40;
const WARM_UP = 10;
const EVENTS = 500;

/** Time of the processor: an event of 1 KB compared with lists of indicators: the length of the list must not count. */
export function run() {
  return [0, 1_000, 100_000].map((count) => ({
    what: `one event of 1 KB against ${count.toLocaleString("en-US")} indicators`,
    unit: "µs",
    values: measure(new IndicatorSet(makeEntries(count))),
  }));
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
  const events = Array.from({ length: EVENTS }, (_, n) => {
    const line = `run ${n}: GET https://registry-${n}.example.org/pkg/left-pad from 192.0.2.${n % 256}:443 wrote /usr/src/app/dist/chunk-${n}.js, mail ada@example.org. `;
    return { resource: "build", data: { cwd: "/usr/src/app", output: line.repeat(8).slice(0, 950) } };
  });
  const values = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (const event of events) set.match(event, 0);
    if (round >= 0) values.push(process.cpuUsage(before).user / events.length);
  }
  return values;
}
