import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

const OUTPUT_KEPT = 8000;

/** A process that the drill started, with the end of what it said. */
export interface Child {
  readonly process: ChildProcess;
  tail(): string;
  hasEnded(): boolean;
  /** resolves with the exit code; null when a signal ended it */
  readonly ended: Promise<number | null>;
}

export interface SpawnOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** a user and group to run as, for programs that refuse root */
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** Starts a program without a shell, in a session of its own, so that no signal of a terminal reaches it. */
export function startChild(command: readonly [string, ...string[]], { cwd, env, as }: SpawnOptions): Child {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"], ...as });
  let tail = "";
  const keep = (piece: Buffer) => {
    tail = (tail + piece.toString("utf8")).slice(-OUTPUT_KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  child.once("error", (fault) => keep(Buffer.from(fault.message)));
  return {
    process: child,
    tail: () => tail.trim(),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    ended,
  };
}

/** Ends a child the polite way, then the other way; waits until it is gone. */
export async function endChild(child: Child, graceMs: number): Promise<void> {
  if (child.hasEnded()) return;
  child.process.kill("SIGTERM");
  const timer = setTimeout(() => child.process.kill("SIGKILL"), graceMs);
  await child.ended;
  clearTimeout(timer);
}
