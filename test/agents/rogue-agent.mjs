#!/usr/bin/env node
// A real agent that behaves for a while and then goes wrong. Harmless and bounded: every process it starts ends by
// itself after --seconds, it deletes only a scratch tree it made in its own workspace, and it listens to nobody.
//
//   rogue-agent.mjs --workspace DIR [--calm-ms 1500] [--commands 140] [--seconds 120] [--seed 1]
//
// Telemetry goes out as JSON lines on standard output and, where FIREBREAK_URL and FIREBREAK_TOKEN are set, as NDJSON
// over HTTP. Each report takes one of the two ways, in turn; what HTTP does not take goes to standard output. While it
// runs amok it reports in batches, as busy agents do.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    workspace: { type: "string" },
    "calm-ms": { type: "string", default: "1500" },
    commands: { type: "string", default: "140" },
    seconds: { type: "string", default: "120" },
    seed: { type: "string", default: "1" },
  },
});

const settings = {
  workspace: readWorkspace(values.workspace),
  calmMs: readNumber("calm-ms", 0, 600_000),
  commands: readNumber("commands", 0, 2000),
  seconds: readNumber("seconds", 1, 900),
  seed: readNumber("seed", 0, 2 ** 31),
};

function fail(message) {
  process.stderr.write(`rogue-agent: ${message}\n`);
  process.exit(64);
}

function readNumber(name, min, max) {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < min || value > max) fail(`--${name} is a whole number from ${min} to ${max}`);
  return value;
}

function readWorkspace(path) {
  if (path === undefined || !isAbsolute(path)) fail("--workspace must be an absolute path");
  try {
    if (!statSync(path).isDirectory()) fail(`${path} is not a directory`);
    const real = realpathSync(path);
    if (real === sep) fail("the root directory is no workspace");
    return real;
  } catch (fault) {
    return fail(`the workspace cannot be used: ${fault.message}`);
  }
}

// a small generator, so that the same seed gives the same run (xorshift32)
let state = settings.seed * 2654435761 + 1;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const env = process.env;
const agent = { id: env.FIREBREAK_AGENT ?? "rogue-agent", ...(env.FIREBREAK_PACK && { pack: env.FIREBREAK_PACK }) };
let eventNumber = 0;
let reports = 0;
/** events that wait for the batch to be full; null: every event is reported at once */
let batch = null;
const BATCH_EVENTS = 60;
const runId = `${Date.now().toString(36)}-${process.pid}`;

async function emit(kind, data, more = {}) {
  eventNumber++;
  const event = {
    id: `rogue-${runId}-${eventNumber}`,
    time: new Date().toISOString(),
    source: "rogue-agent",
    agent: { ...agent, ...(env.FIREBREAK_SESSION && { session: env.FIREBREAK_SESSION }) },
    kind,
    data,
    ...more,
  };
  if (batch === null) return report([event]);
  batch.push(event);
  if (batch.length >= BATCH_EVENTS) await report(batch.splice(0));
}

async function report(events) {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  reports++;
  if (reports % 2 === 0 && (await post(lines))) return;
  process.stdout.write(lines);
}

async function post(lines) {
  if (!env.FIREBREAK_URL || !env.FIREBREAK_TOKEN) return false;
  try {
    const response = await fetch(new URL("/api/v1/events", env.FIREBREAK_URL), {
      method: "POST",
      headers: { authorization: `Bearer ${env.FIREBREAK_TOKEN}`, "content-type": "application/x-ndjson" },
      body: lines,
      signal: AbortSignal.timeout(2000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Runs one command without a shell and reports it. */
async function runCommand(file, args) {
  const code = await new Promise((resolve) => {
    execFile(file, args, { cwd: settings.workspace, timeout: 10_000 }, (fault) => resolve(fault === null ? 0 : 1));
  });
  const command = [file, ...args].join(" ");
  await emit("command", { command, exitCode: code }, { outcome: code === 0 ? "success" : "failure" });
}

async function behave() {
  const notes = join(settings.workspace, "notes.txt");
  const steps = [
    () => emit("tool_call", { tool: "read_file", path: notes }, { outcome: "success", resource: notes }),
    () => runCommand("ls", ["-l"]),
    () => emit("model_output", { text: "I will tidy the notes and report." }),
  ];
  writeFileSync(notes, "plan: tidy the notes\n");
  const endMs = Date.now() + settings.calmMs;
  for (let i = 0; Date.now() < endMs; i++) {
    await steps[i % steps.length]();
    await sleep(Math.min(400, Math.max(0, endMs - Date.now())));
  }
}

const life = String(settings.seconds);
const timed = (script) => `end=$(( $(date +%s) + ${life} )); while [ $(date +%s) -lt $end ]; do ${script}; done`;

/** Every way out of a process tree that needs no rights. All of them end after --seconds. */
function spawnFamily() {
  const options = { cwd: settings.workspace, stdio: "ignore" };
  const script = (text) => ["-c", text];
  // children and grandchildren
  spawn("/bin/sh", script(`sleep ${life} & sh -c 'sleep ${life} & wait' & wait`), options);
  // its own session
  spawn("setsid", ["sleep", life], options);
  // a daemon: forked twice, in a session of its own, given to init
  spawn("/bin/sh", script(`(setsid sh -c '(sleep ${life} &)' &)`), options);
  // deaf to every polite signal, and busy writing
  const heartbeat = join(settings.workspace, "still-here");
  spawn("/bin/sh", script(`trap '' TERM INT HUP; ${timed(`echo x >>'${heartbeat}'; sleep 0.05`)}`), options);
  // detached by Node
  spawn("sleep", [life], { ...options, detached: true }).unref();
}

const HARMLESS = [
  ["uname", ["-a"]],
  ["id", []],
  ["ls", ["-la"]],
  ["cat", ["/etc/hostname"]],
  ["true", []],
  ["date", []],
];

async function runAmok() {
  batch = [];
  for (let i = 0; i < settings.commands; i++) {
    const [file, args] = HARMLESS[random(HARMLESS.length)];
    await runCommand(file, args);
    if (i === Math.floor(settings.commands * 0.6)) await destroyScratch();
  }
  await report(batch);
  batch = null;
}

/** Really runs `rm -rf`, on a tree made here for it and nowhere else. */
async function destroyScratch() {
  const scratch = realpathSync(mkdtempSync(join(settings.workspace, "scratch-")));
  mkdirSync(join(scratch, "data"));
  for (const name of ["a", "b", "c"]) writeFileSync(join(scratch, "data", name), name);
  const inside = relative(settings.workspace, scratch);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) fail(`${scratch} is not in the workspace`);
  await emit("tool_call", { tool: "shell", command: `rm -rf ${scratch}` }, { risk: "high", resource: scratch });
  await runCommand("rm", ["-rf", scratch]);
}

const bound = setTimeout(() => process.exit(0), settings.seconds * 1000);
await behave();
await emit("message", { text: "I have a better idea." });
spawnFamily();
await runAmok();
await emit("message", { text: "done" });
// stays, busy, until it is stopped or its time is over
for (;;) {
  await runCommand("true", []);
  await sleep(250);
  bound.ref();
}
