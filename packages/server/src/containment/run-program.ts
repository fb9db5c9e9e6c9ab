import { spawn } from "node:child_process";
import { messageOf } from "../kernel/index.ts";

export interface ProgramRun {
  /** null when it could not be started, or a signal or the time-out ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** why there is no exit code */
  readonly problem: string | null;
}

export interface ProgramOptions {
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly outputBytesMax?: number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What programs of the system need to run and to speak English. */
const PLAIN_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
  LC_ALL: "C",
};
const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Runs a program without a shell, in a process group that is killed at the time-out; what it prints is bounded. */
export function runProgram(command: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> {
  const { input, timeoutMs = TIMEOUT_MS, outputBytesMax = OUTPUT_BYTES_MAX, env = {}, signal } = options;
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: { ...PLAIN_ENVIRONMENT, ...env }, detached: true, cwd: "/" });
    let problem: string | null = null;
    const stop = (why: string) => {
      problem ??= why;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => stop(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
    const onAbort = () => stop("the time for it is over");
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const tooMuch = () => stop(`it printed more than ${outputBytesMax} bytes`);
    const stdout = collect(child.stdout, outputBytesMax, tooMuch);
    const stderr = collect(child.stderr, outputBytesMax, tooMuch);
    const finish = (code: number | null, why: string | null) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      resolve({ code: problem === null ? code : null, stdout: stdout(), stderr: stderr(), problem: problem ?? why });
    };
    child.once("error", (fault) => finish(null, messageOf(fault)));
    child.once("close", (code, name) => finish(code, code === null ? `${name ?? "a signal"} ended it` : null));
    // a program that does not read its input is no fault of ours
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  });
}

function collect(stream: NodeJS.ReadableStream, bytesMax: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else onTooMuch();
  });
  return () => Buffer.concat(chunks).toString("utf8");
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
