import type { ProcessIdentity } from "@firebreak/protocol";
import { listTrees, looksFrozen } from "./process-tree/index.ts";
import { handleOf, isOnThisHost, readSupervisorEntries } from "./registry.ts";

/** A supervised session of this machine and its living processes. */
export interface SupervisedTree {
  readonly sessionId: string;
  readonly agentId: string;
  readonly pack: string | null;
  readonly processes: readonly ProcessIdentity[];
  /** stands still: by whomever it was frozen */
  readonly isFrozen: boolean;
}

/** @returns every supervised session of this machine, from one look at the process table */
export function listSupervisedTrees({ home }: { readonly home: string }): SupervisedTree[] {
  const entries = readSupervisorEntries(home).entries.filter(isOnThisHost);
  if (entries.length === 0) return [];
  const trees = listTrees(entries.map(handleOf));
  return entries.map((entry) => {
    const { sessionId, agentId, pack } = entry;
    return { sessionId, agentId, pack, processes: trees.get(sessionId) ?? [], isFrozen: looksFrozen(handleOf(entry)) };
  });
}
