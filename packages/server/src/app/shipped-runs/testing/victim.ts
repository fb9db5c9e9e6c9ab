/** A process that executes runs and is killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { OrderOfRun } from "./days.ts";

export interface Victim {
  /** before it is ready nothing is heard */
  readonly ready: Promise<void>;
  execute(order: OrderOfRun): void;
  /** @param hear called for each run that waits for a person or has ended */
  listen(hear: (runId: string, word: string) => void): void;
  hasEnded(): boolean;
  /** by SIGKILL, as it was told to with a run */
  hasDied(): boolean;
  /** SIGKILL, at once; resolves when the process is gone */
  kill(): Promise<void>;
}

export function startVictim(program: string, words: readonly string[]): Victim {
  const child = spawn(process.execPath, [program, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  // what is written to a process that was just killed is lost, and the next one is told again
  child.stdin.on("error", () => {});
  let hear = (_runId: string, _word: string): void => {};
  let isKilled = false;
  const lines = createInterface({ input: child.stdout });
  const listenOnceReady = async () => {
    await once(lines, "line");
    lines.on("line", (line) => {
      const [word = "", runId = ""] = line.split(" ");
      if (!isKilled) hear(runId, word);
    });
  };
  const refuseAnEnd = async () => {
    await exited;
    if (!isKilled) throw new Error("the process ended by itself");
  };
  const gone = refuseAnEnd();
  gone.catch(() => {});
  return {
    ready: Promise.race([listenOnceReady(), gone]),
    execute: (order) => {
      if (!isKilled) child.stdin.write(`${JSON.stringify(order)}\n`);
    },
    listen: (listener) => {
      hear = listener;
    },
    hasEnded: () => child.exitCode !== null,
    hasDied: () => child.signalCode === "SIGKILL",
    kill: async () => {
      isKilled = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}
