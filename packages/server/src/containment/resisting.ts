import type { HoldLevel, HoldRule, ProcessIdentity, StopResult } from "@firebreak/protocol";
import { effectiveLevel } from "@firebreak/protocol";
import type { Clock } from "../kernel/index.ts";
import { enforceDirect } from "./enforce-hold.ts";
import { observeTree } from "./process-tree/index.ts";
import type { SupervisorEntry } from "./registry.ts";
import { handleOf, isOnThisHost, readSupervisorEntries, subjectOf } from "./registry.ts";

/** A session that a freeze or a kill covers and that goes on all the same. */
export interface ResistingSession {
  readonly sessionId: string;
  readonly agentId: string;
  readonly pack: string | null;
  readonly level: HoldLevel;
  /** what is not as the level asks */
  readonly processes: readonly ProcessIdentity[];
}

interface Resisting extends ResistingSession {
  readonly entry: SupervisorEntry;
}

/** Looks, without touching anything, which sessions of this machine are not at the level that their holds ask for. */
export function listResisting(options: { home: string; holds: readonly HoldRule[] }): ResistingSession[] {
  return findResisting(options).map(({ entry: _entry, ...session }) => session);
}

function findResisting({ home, holds }: { home: string; holds: readonly HoldRule[] }): Resisting[] {
  return readSupervisorEntries(home)
    .entries.filter(isOnThisHost)
    .flatMap((entry) => {
      const level = effectiveLevel(holds, subjectOf(entry));
      if (level !== "freeze" && level !== "kill") return [];
      const { state, processes, running } = observeTree(handleOf(entry));
      const resists = level === "freeze" ? state === "running" : state !== "gone";
      const { sessionId, agentId, pack } = entry;
      return resists
        ? [{ sessionId, agentId, pack, level, processes: level === "freeze" ? running : processes, entry }]
        : [];
    });
}

/** Stops again what resists, at growing intervals, until it stands still or is gone. */
export interface StopRetrier {
  /** @returns what was tried now and still resists; `attempts` counts from 1 */
  run(): Promise<{ readonly result: StopResult; readonly attempts: number }[]>;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export function createStopRetrier(options: {
  readonly home: string;
  readonly clock: Clock;
  readonly holds: () => readonly HoldRule[];
}): StopRetrier {
  const { home, clock, holds } = options;
  const tried = new Map<string, { attempts: number; nextMs: number }>();
  return {
    run: async () => {
      const resisting = findResisting({ home, holds: holds() });
      const names = new Set(resisting.map(({ sessionId }) => sessionId));
      for (const sessionId of tried.keys()) if (!names.has(sessionId)) tried.delete(sessionId);
      const due = resisting.filter(({ sessionId }) => clock.monotonicMs() >= (tried.get(sessionId)?.nextMs ?? 0));
      const still = [];
      for (const level of ["freeze", "kill"] as const) {
        const entries = due.filter((one) => one.level === level).map(({ entry }) => entry);
        const results = entries.length === 0 ? [] : await enforceDirect({ home, clock, level, entries });
        for (const result of results) {
          if (result.state === "verified_stopped") continue;
          const attempts = (tried.get(result.sessionId)?.attempts ?? 0) + 1;
          const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
          tried.set(result.sessionId, { attempts, nextMs: clock.monotonicMs() + waitMs });
          still.push({ result, attempts });
        }
      }
      return still;
    },
  };
}
