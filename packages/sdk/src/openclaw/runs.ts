import { waitMs } from "../end-with.ts";
import type { Actor } from "./gates.ts";

/** A run of an agent that began and did not end. */
export interface Run extends Actor {
  readonly sessionKey: string;
}

export interface RunsOptions {
  readonly isStopped: (actor: Actor) => boolean;
  /** `sessions.abort` with `clearQueued` */
  readonly abort: (sessionKey: string) => Promise<unknown>;
  /** how it went with a session, in the end */
  readonly told: (run: Run, fault: unknown) => void;
}

export interface Runs {
  begin(runId: string, run: Run): void;
  end(runId: string): void;
  /** Aborts the sessions of runs that a stop covers, each once until it runs again. */
  abortStopped(): void;
}

const RUNS_MAX = 1000;
const ATTEMPTS_MAX = 5;
const FIRST_WAIT_MS = 250;

export function createRuns({ isStopped, abort, told }: RunsOptions): Runs {
  const runs = new Map<string, Run>();
  const aborting = new Set<string>();
  const abortOne = async (run: Run): Promise<void> => {
    let fault: unknown;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (attempt > 0) await waitMs(FIRST_WAIT_MS * 2 ** attempt);
      if (!isStopped(run)) return;
      try {
        await abort(run.sessionKey);
        return told(run, null);
      } catch (error) {
        fault = error;
      }
    }
    told(run, fault);
  };
  return {
    begin: (runId, run) => {
      if (runs.size < RUNS_MAX) runs.set(runId, run);
    },
    end: (runId) => void runs.delete(runId),
    abortStopped: () => {
      for (const run of runs.values()) {
        if (aborting.has(run.sessionKey) || !isStopped(run)) continue;
        aborting.add(run.sessionKey);
        void abortOne(run).finally(() => aborting.delete(run.sessionKey));
      }
    },
  };
}
