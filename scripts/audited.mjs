// A change without its audit row is impossible: every function that writes to a table of state does so in a transaction that
// records an audit row, in itself, in what it calls, or in everything that calls it. Tables that hold no act of anybody are
// listed with the reason. What this does not prove: that every branch of a function records what it did.
//
//   node scripts/audited.mjs [ROOT]     exit 0: every write is covered; exit 1: each that is not, on a line
import { readFileSync } from "node:fs";
import path from "node:path";
import { FUNCTIONS_WITHOUT_ACT, TABLES_WITHOUT_ACTS } from "./lib/writes-without-acts.mjs";
import { readUnits } from "./lib/write-units.mjs";

const root = path.resolve(process.argv[2] ?? ".");
const isProject = process.argv[2] === undefined;
const WRITES_MIN = isProject ? 80 : 1;

const sources = path.join(root, "packages", "server", "src");
const { units, resolve } = readUnits(sources);
const nameOf = (unit) => `${path.relative(sources, unit.file)} ${unit.name}`;

/** Units that each unit calls, and whether it hands its transaction on. */
const callsOf = new Map(
  units.map((unit) => [
    unit,
    unit.calls.flatMap(({ name, handsOn }) => {
      const to = resolve(unit, name);
      return to === undefined ? [] : [{ to, handsOn }];
    }),
  ]),
);
/** Of each unit: who calls it, and whether with a transaction. */
const callersOf = new Map(units.map((unit) => [unit, new Map()]));
for (const [from, calls] of callsOf) {
  for (const { to, handsOn } of calls) {
    const callers = callersOf.get(to);
    if (to !== from) callers.set(from, handsOn || callers.get(from) === true);
  }
}

/** @returns whether the unit, or what it hands its transaction to, records an audit row */
const audits = remember((unit, ask) => unit.records || callsOf.get(unit).some(({ to, handsOn }) => handsOn && ask(to)));

/** @returns whether the unit records, or everything that calls it does in the transaction that it hands over */
const isCovered = remember((unit, ask) => {
  if (nameOf(unit) in FUNCTIONS_WITHOUT_ACT || audits(unit)) return true;
  const callers = [...callersOf.get(unit)];
  return callers.length > 0 && callers.every(([caller, handsOn]) => handsOn && ask(caller));
});

/** Answers once for each unit; a unit that leads back to itself adds nothing. */
function remember(answer) {
  const known = new Map();
  const ask = (unit) => {
    if (!known.has(unit)) {
      known.set(unit, false);
      known.set(unit, answer(unit, ask));
    }
    return known.get(unit);
  };
  return ask;
}

let writes = 0;
const violations = [];
for (const unit of units) {
  for (const { table, line, isInTransaction } of unit.writes) {
    writes += 1;
    if (table in TABLES_WITHOUT_ACTS || nameOf(unit) in FUNCTIONS_WITHOUT_ACT) continue;
    const where = `${path.relative(root, unit.file)}:${line}: ${unit.name} writes to ${table}`;
    if (!isInTransaction) violations.push(`${where} outside a transaction`);
    else if (!isCovered(unit)) violations.push(`${where}, and no audit row is recorded with it${wayTo(unit)}`);
  }
}

/** @returns from where it is reached without a record */
function wayTo(unit) {
  const from = [...callersOf.get(unit)].flatMap(([one, handsOn]) => (handsOn && isCovered(one) ? [] : [nameOf(one)]));
  return from.length === 0 ? "" : ` (called by ${from.join(", ")})`;
}

if (isProject) {
  const listed = "scripts/lib/writes-without-acts.mjs";
  const names = new Set(units.map(nameOf));
  for (const name of Object.keys(FUNCTIONS_WITHOUT_ACT)) {
    if (!names.has(name)) violations.push(`${listed}: there is no function ${name}`);
  }
  const schema = readFileSync(path.join(sources, "storage", "golden-schema.txt"), "utf8");
  for (const table of Object.keys(TABLES_WITHOUT_ACTS)) {
    if (!schema.includes(`table ${table}`)) violations.push(`${listed}: there is no table ${table}`);
  }
}

for (const violation of violations) process.stderr.write(`${violation}\n`);
if (writes < WRITES_MIN) {
  process.stderr.write(`audited: saw only ${writes} writes; the check is looking in the wrong place\n`);
  process.exit(1);
}
process.stdout.write(`audited: ${units.length} functions, ${writes} writes, ${violations.length} violations\n`);

process.exit(violations.length === 0 ? 0 : 1);
