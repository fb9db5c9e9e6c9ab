import { spawn } from "node:child_process";

export interface ProgramRun {
  /** null when a signal ended it or it was never started */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isTimedOut: boolean;
  /** the first bytes of each, as text */
  readonly stdout: string;
  readonly stderr: string;
  readonly isCut: boolean;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  /** on its standard input, which is empty otherwise */
  readonly input?: string;
  /** whom it runs as, where root may choose */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  readonly signal: AbortSignal;
}

/** From the request to end until it is killed. */
const GRACE_MS = 500;

/**
 * Runs a program without a shell, in a process group of its own, which is ended as a whole when the time is over and also
 * when the program ended by itself: what it left behind does not go on.
 *
 * @throws the system's error when it cannot be started
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  const [file = "", ...args] = argv;
  const { env, cwd, runAs = {} } = options;
  const child = spawn(file, args, { env: { ...env }, cwd, detached: true, stdio: "pipe", ...runAs });
  const output = { stdout: collect(options.outputBytesMax), stderr: collect(options.outputBytesMax) };
  child.stdout.on("data", (part: Buffer) => output.stdout.add(part));
  child.stderr.on("data", (part: Buffer) => output.stderr.add(part));
  child.stdin.on("error", () => {}); // it need not read
  child.stdin.end(options.input ?? "");
  const limited = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child.pid, "SIGTERM");
    killing = setTimeout(() => {
      signalGroup(child.pid, "SIGKILL");
      // a grandchild of another group may hold the pipes open
      child.stdout.destroy();
      child.stderr.destroy();
    }, GRACE_MS);
  };
  try {
    const { code, signal } = await new Promise<Pick<ProgramRun, "code" | "signal">>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => signalGroup(child.pid, "SIGKILL"));
      child.once("close", (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
      limited.addEventListener("abort", end, { once: true });
      if (limited.aborted) end();
    });
    const { stdout, stderr } = output;
    return {
      code,
      signal,
      isTimedOut: limited.aborted,
      stdout: stdout.text(),
      stderr: stderr.text(),
      isCut: stdout.isCut() || stderr.isCut(),
    };
  } finally {
    limited.removeEventListener("abort", end);
    clearTimeout(killing);
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // nothing of the group is left
  }
}

function collect(bytesMax: number) {
  const parts: Buffer[] = [];
  let length = 0;
  let total = 0;
  return {
    add: (part: Buffer) => {
      total += part.length;
      const kept = part.subarray(0, bytesMax - length);
      length += kept.length;
      if (kept.length > 0) parts.push(kept);
    },
    text: () => Buffer.concat(parts).toString("utf8"),
    isCut: () => total > length,
  };
}
