import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { messageOf } from "../kernel/index.ts";
import { runProgram } from "./effectors/run-program.ts";

export interface SystemRun {
  /** null when it could not be started, or a signal or the time-out ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** why there is no exit code */
  readonly problem: string | null;
}

export interface SystemOptions {
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly outputBytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What programs of the system need to run and to speak English. */
const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
  LC_ALL: "C",
  HOME: homedir(),
};
const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Runs a program of this system with a plain environment; whatever goes wrong is told and not thrown. */
export async function runSystemProgram(command: readonly string[], options: SystemOptions = {}): Promise<SystemRun> {
  const { input = "", timeoutMs = TIMEOUT_MS, outputBytesMax = OUTPUT_BYTES_MAX } = options;
  const { signal = new AbortController().signal } = options;
  try {
    const run = await runProgram(command, { env: ENVIRONMENT, cwd: "/", timeoutMs, outputBytesMax, input, signal });
    const { code, stdout, stderr } = run;
    if (run.isTimedOut) return { code: null, stdout, stderr, problem: `did not end within ${timeoutMs / 1000} s` };
    if (run.isCut) return { code: null, stdout, stderr, problem: `printed more than ${outputBytesMax} bytes` };
    return { code, stdout, stderr, problem: code === null ? `was ended by ${run.signal ?? "a signal"}` : null };
  } catch (fault) {
    return { code: null, stdout: "", stderr: "", problem: messageOf(fault) };
  }
}

/**
 * Runs a program that may leave something behind, such as the restart of a service: it counts as ended when it ends itself,
 * and what it started goes on. What it prints is not kept.
 *
 * @returns null when it ended with 0, else what became of it
 */
export function runAndLeave(
  command: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const child = spawn(file, args, { env: ENVIRONMENT, cwd: "/", detached: true, stdio: "ignore" });
    const stop = () => killGroup(child.pid);
    limited.addEventListener("abort", stop, { once: true });
    if (limited.aborted) stop();
    const finish = (problem: string | null) => {
      limited.removeEventListener("abort", stop);
      resolve(limited.aborted ? `did not end within ${timeoutMs / 1000} s` : problem);
    };
    child.once("error", (fault) => finish(messageOf(fault)));
    child.once("exit", (code, name) => {
      if (code === null) finish(`was ended by ${name ?? "a signal"}`);
      else finish(code === 0 ? null : `ended with ${code}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

/** @returns the command as it must be called: a program that needs root is asked for through sudo, which may not ask back */
export function asRoot(command: readonly string[]): string[] {
  return process.getuid?.() === 0 ? [...command] : ["sudo", "-n", ...command];
}
