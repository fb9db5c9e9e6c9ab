// `npm run bench [-- NAME …]`: runs every benchmark of bench/ (or those named), prints what was measured, and writes
// bench/results.json and bench/RESULTS.md. Benchmarks that are not named keep their last results.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { renderResults } from "../bench/lib/render-results.mjs";
import { buildWhatIsMissing } from "./lib/build.mjs";
import { binary, repository, run } from "./lib/run.mjs";

const NAMES = [
  "start",
  "idle-memory",
  "gate",
  "policy",
  "gate-fleet",
  "stop-trees",
  "stop-supervised",
  "containment",
  "intake",
  "sigma",
  "redaction",
  "sigma-peers",
  "sigma-growth",
  "ordinary-commands",
  "indicators",
  "alerts",
  "audit",
  "investigation",
  "explorer",
  "playbooks",
];
/** Needs what only who asks for it has. */
const ON_REQUEST = ["injection"];
const TIME_LIMIT_MS = 180_000;
const END_WITHIN_MS = 25_000;

const directory = path.join(repository, "bench");
const resultsFile = path.join(directory, "results.json");
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => ![...NAMES, ...ON_REQUEST].includes(name));
if (unknown.length > 0)
  fail(`There is no benchmark ${unknown.join(", ")}. There are: ${[...NAMES, ...ON_REQUEST].join(", ")}`);
if (process.platform !== "linux") fail("The benchmarks read /proc: run them on Linux.");
if ((await buildWhatIsMissing(say)) !== 0) process.exit(1);

const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : { benchmarks: {} };
results.machine = describeMachine();
let failures = 0;
for (const name of wanted.length > 0 ? wanted : NAMES) {
  say(`${name} …`);
  const load = { before: loadavg()[0] };
  const startedMs = performance.now();
  const outcome = await measure(name);
  load.after = loadavg()[0];
  if (outcome.failure !== undefined) failures += 1;
  results.benchmarks[name] = { at: new Date().toISOString(), commit: readCommit(), load, ...outcome };
  tell(outcome, (performance.now() - startedMs) / 1000);
}
const page = path.join(directory, "RESULTS.md");
writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(page, renderResults(results, [...NAMES, ...ON_REQUEST]));
const formatted = await run(binary("oxfmt"), [resultsFile, page]);
process.exit(failures === 0 ? formatted : 1);

function say(line) {
  process.stdout.write(`${line}\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function describeMachine() {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return { cpu: cpu.model, cores: cpus().length, memoryGb, node: process.version, kernel: release() };
}

function readCommit() {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: repository, encoding: "utf8" }).trim();
}

/** Runs one benchmark in a process group and a temporary directory of its own; both are gone afterwards. */
async function measure(name) {
  const scratch = mkdtempSync(path.join(tmpdir(), "firebreak-bench-"));
  const program = path.join(directory, "lib/run-one.mjs");
  const child = spawn(process.execPath, [program, name], {
    detached: true,
    env: { ...process.env, TMPDIR: scratch },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (piece) => (output += piece));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const timers = [
    setTimeout(() => signalGroup(child, "SIGTERM"), TIME_LIMIT_MS),
    setTimeout(() => signalGroup(child, "SIGKILL"), TIME_LIMIT_MS + END_WITHIN_MS),
  ];
  const code = await ended;
  for (const timer of timers) clearTimeout(timer);
  rmSync(scratch, { recursive: true, force: true });
  if (code === 0) return { rows: JSON.parse(output) };
  const why = code === null ? `it took longer than ${TIME_LIMIT_MS / 1000} s` : "it failed; see its output";
  return { rows: [], failure: why };
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function tell({ rows, failure }, seconds) {
  for (const { what, stats, unit, verdict } of rows) {
    say(
      `  ${what}: ${stats.median} ${unit} (${stats.min}–${stats.max}, n ${stats.n})${verdict === null ? "" : `, ${verdict}`}`,
    );
  }
  if (failure !== undefined) say(`  not measured: ${failure}`);
  say(`  (${seconds.toFixed(0)} s)`);
}
