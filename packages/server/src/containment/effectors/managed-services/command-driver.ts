import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensurePrivateDir, messageOf, processExists, readProcessStartTime, toIso } from "../../../kernel/index.ts";
import { runSystemProgram } from "../../system-program.ts";
import { ServiceError } from "../service/service-manager.ts";
import type { ServiceDriver } from "./driver.ts";

export interface ServiceCommand {
  readonly start: readonly string[];
  readonly stop?: readonly string[] | undefined;
  readonly folder?: string | undefined;
}

const STOP_PROGRAM_MS = 60_000;
/** From the request to end until it is killed. */
const GRACE_MS = 10_000;
const KILL_MS = 5_000;
const LOOK_MS = 50;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/**
 * A program that Firebreak starts itself, in a group of its own; what it prints is in `services/NAME.log` of the home. The
 * program's own process writes its number down before it becomes the program, so that it is known whoever dies meanwhile.
 */
export function commandDriver(home: string, name: string, command: ServiceCommand): ServiceDriver {
  const dir = join(home, "services");
  const pidFile = join(dir, `${name}.pid`);
  const logFile = join(dir, `${name}.log`);
  const [program = ""] = command.start;
  const running = () => findRunning(pidFile);
  const start = async (signal: AbortSignal) => {
    if (running() !== null) return;
    signal.throwIfAborted();
    ensurePrivateDir(dir);
    await launch(command, { pidFile, logFile });
  };
  const stop = async (signal: AbortSignal) => {
    if (command.stop !== undefined) await runStop(command.stop, signal);
    const pid = running();
    if (pid !== null) await endGroup(pid, () => running() === pid, signal);
    rmSync(pidFile, { force: true });
  };
  return {
    what: `the command ${command.start.join(" ")}`,
    spared: null,
    checkNeeds: async () =>
      isProgram(program)
        ? []
        : [{ what: `there is no program ${program}`, remedy: `mend the service ${name} in the profile` }],
    look: async () => {
      const pid = running();
      const since = pid === null ? null : toIso(statSync(pidFile).mtimeMs);
      return {
        exists: true,
        isRunning: pid !== null,
        state: pid === null ? "not running" : `running as ${pid}`,
        since,
        restarts: null,
      };
    },
    start,
    stop,
    restart: async (signal) => {
      await stop(signal);
      await start(signal);
    },
  };
}

function isProgram(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @returns the process that was started last, if it is still that one: a number alone may mean another by now */
function findRunning(pidFile: string): number | null {
  let text: string;
  try {
    text = readFileSync(pidFile, "utf8");
  } catch {
    return null;
  }
  const [pidText = "", startTime = ""] = text.trimEnd().split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid < 2 || !processExists(pid)) return null;
  return startOf(pid) === startTime && !isZombie(pid) ? pid : null;
}

/** @returns when a process started, in the words of its system: with its number it names one process */
function startOf(pid: number): string {
  const found = readProcessStartTime(pid);
  if (found !== null) return found;
  return spawnSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout.replace(/\s+/g, "_");
}

/** One that ended and that nobody has asked for yet; where there is no /proc, nothing is known of that. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

/** Writes its number and its start time (field 22 of its stat) down, and becomes the program. The words are arguments. */
const INTO_PROGRAM = `
  file=$1; shift
  if [ -r /proc/$$/stat ]; then
    read -r line < /proc/$$/stat; n=0
    for word in \${line##*) }; do n=$((n+1)); [ $n = 20 ] && start=$word; done
  else start=$(/bin/ps -o lstart= -p $$ | tr -s ' \\n' '__'); fi
  (umask 077; printf '%s %s\\n' $$ "$start" > "$file.new") && mv -f "$file.new" "$file" && exec "$@"`;

async function launch(
  command: ServiceCommand,
  { pidFile, logFile }: { readonly pidFile: string; readonly logFile: string },
): Promise<void> {
  rmSync(pidFile, { force: true });
  const log = openLog(logFile);
  try {
    const child = spawn("/bin/sh", ["-fc", INTO_PROGRAM, "service", pidFile, ...command.start], {
      cwd: command.folder ?? "/",
      detached: true,
      stdio: ["ignore", log, log],
      env: environment(),
    });
    const failed = new Promise<string>((resolve) => {
      child.once("error", (fault) => resolve(messageOf(fault)));
      child.once("exit", (code, signal) => resolve(`it ended at once with ${code ?? signal}`));
    });
    child.unref();
    const problem = await Promise.race([failed, untilWritten(pidFile)]);
    if (problem !== null)
      throw new ServiceError(`${command.start.join(" ")} could not be started: ${problem}; see ${logFile}`);
  } finally {
    closeSync(log);
  }
}

const START_MS = 5_000;

async function untilWritten(pidFile: string): Promise<string | null> {
  for (let waited = 0; waited < START_MS; waited += LOOK_MS) {
    if (isProgram(pidFile)) return null;
    await delay(LOOK_MS);
  }
  return `nothing started within ${START_MS / 1000} s`;
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  } catch {
    // the first start
  }
  return openSync(file, "a", 0o600);
}

/** What a program of its own needs; nothing of Firebreak's settings or secrets. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
    HOME: homedir(),
    LANG: "C.UTF-8",
  };
}

async function runStop(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const run = await runSystemProgram(argv, { timeoutMs: STOP_PROGRAM_MS, signal });
  if (run.code === 0) return;
  const why = run.problem ?? `ended with ${run.code}: ${run.stderr.trim().slice(0, 300)}`;
  throw new ServiceError(`${argv.join(" ")} ${why}`);
}

async function endGroup(pid: number, isThere: () => boolean, signal: AbortSignal): Promise<void> {
  for (const [name, waitMs] of [
    ["SIGTERM", GRACE_MS],
    ["SIGKILL", KILL_MS],
  ] as const) {
    signalGroup(pid, name);
    for (let waited = 0; waited < waitMs; waited += LOOK_MS) {
      if (!isThere()) {
        signalGroup(pid, "SIGKILL"); // what it left behind
        return;
      }
      signal.throwIfAborted();
      await delay(LOOK_MS);
    }
  }
  throw new ServiceError(`the process ${pid} does not end`);
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // nothing of the group is left
  }
}
