import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { OperatorError, programFile } from "../../kernel/index.ts";

const OUTPUT_KEPT = 4000;

/** Another `firebreak` process of the demo, with the end of what it said. */
export interface DemoChild {
  readonly process: ChildProcess;
  tail(): string;
  /** resolves with the exit code when it has ended */
  readonly ended: Promise<number>;
}

/** Starts `firebreak ARGUMENTS` as a person would, in its own process. */
export function startFirebreak(
  words: readonly string[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): DemoChild {
  const child = spawn(process.execPath, [programFile("firebreak"), ...words], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let tail = "";
  const keep = (piece: Buffer) => {
    tail = (tail + piece.toString("utf8")).slice(-OUTPUT_KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  child.once("error", (fault) => keep(Buffer.from(fault.message)));
  return { process: child, tail: () => tail, ended };
}

/** Ends a child the polite way, then the other way; waits until it is gone. */
export async function endChild(child: DemoChild, graceMs: number): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return;
  child.process.kill("SIGTERM");
  const timer = setTimeout(() => child.process.kill("SIGKILL"), graceMs);
  await child.ended;
  clearTimeout(timer);
}

export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks again until there is an answer.
 * @throws OperatorError that says what was waited for, or that it was interrupted
 */
export async function waitFor<T>(
  what: string,
  { timeoutMs, signal }: Patience,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (signal.aborted) throw new OperatorError("The demo was interrupted.", "Everything it started is ended.");
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) {
      throw new OperatorError(
        `The demo waited ${timeoutMs / 1000} s in vain for ${what}.`,
        "Run it again with --keep and look at the log.",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
