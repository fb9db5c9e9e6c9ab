import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, messageOf } from "../../../kernel/index.ts";
import type { EffectorReason } from "../../effector.ts";
import type { ProgramRun } from "../run-program.ts";
import { runProgram } from "../run-program.ts";

export const OUTPUT_BYTES_MAX = 64 * 1024;

export interface CommandRun {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** what tells this command's processes from all others; made anew when left out */
  readonly mark?: string;
  /** beside what every command gets */
  readonly environment?: Readonly<Record<string, string>>;
}

export type CommandResult =
  | { readonly kind: "ended"; readonly run: ProgramRun; readonly exitCode: number }
  /** `isStarted` false: nothing of it ever ran */
  | { readonly kind: "failed"; readonly isStarted: boolean; readonly reason: EffectorReason; readonly message: string };

/** What programs of the system need; nothing of Firebreak's own environment. */
const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
  LC_ALL: "C.UTF-8",
};
const MARK = "FIREBREAK_COMMAND";

export const newMark = (): string => randomBytes(16).toString("hex");

/**
 * Runs a program without a shell, in its own process group, until it ends or its time is over. Then the group is ended
 * with everything that came from it, also what left the group (on Linux, by the mark in its environment).
 */
export async function runCommand({
  argv,
  folder,
  timeoutMs,
  signal,
  mark = newMark(),
  environment,
}: CommandRun): Promise<CommandResult> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    return failed(false, "not_found", `there is no folder ${folder}`);
  const env = { ...ENVIRONMENT, HOME: homedir(), ...environment, [MARK]: mark };
  try {
    const run = await runProgram(argv, { env, cwd: folder, timeoutMs, outputBytesMax: OUTPUT_BYTES_MAX, signal });
    const { code, signal: endedBy } = run;
    if (run.isTimedOut) {
      const left = await endMarked(mark);
      const fate = left.length === 0 ? "it was ended with what it had started" : `${left.join(", ")} still run`;
      return failed(true, "timed_out", `it did not end within its time; ${fate}`);
    }
    if (code === null) return failed(true, "failed", `it was ended by ${endedBy ?? "a signal"}`);
    return { kind: "ended", run, exitCode: code };
  } catch (fault) {
    const isMissing = codeOf(fault) === "ENOENT";
    const why = isMissing ? `there is no program ${argv[0] ?? ""} here` : messageOf(fault);
    return failed(false, isMissing ? "not_found" : "unavailable", why);
  }
}

function failed(isStarted: boolean, reason: EffectorReason, message: string): CommandResult {
  return { kind: "failed", isStarted, reason, message };
}

const LOOKS_MAX = 20;
const BETWEEN_LOOKS_MS = 25;

/** Kills what came from a command, on Linux. @returns the pids that are still there in the end */
export async function endMarked(mark: string): Promise<number[]> {
  for (let look = 0; ; look++) {
    const pids = findMarked(`${MARK}=${mark}`);
    if (pids.length === 0 || look === LOOKS_MAX) return pids;
    for (const pid of pids) kill(pid);
    await delay(BETWEEN_LOOKS_MS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

function findMarked(entry: string): number[] {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.filter((pid) => readEnvironment(pid).split("\0").includes(entry));
}

/** @returns nothing for processes of others and for zombies */
function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

/** @returns what it printed, both streams, without secrets and in the size that is kept */
export function readOutput({ stdout, stderr, isCut }: ProgramRun, maskText: (text: string) => string): string {
  const both = stderr === "" ? stdout : `${stdout}${stdout === "" || stdout.endsWith("\n") ? "" : "\n"}${stderr}`;
  const masked = maskText(both).replaceAll("\0", "\uFFFD").toWellFormed();
  const cut = Buffer.from(masked).subarray(0, OUTPUT_BYTES_MAX).toString("utf8");
  return isCut || cut.length < masked.length ? `${cut}\n[cut]` : cut;
}
