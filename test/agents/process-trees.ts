import { createNewId, systemClock } from "../../packages/server/src/kernel/index.ts";
import type { TreeHandle } from "../../packages/server/src/containment/process-tree/index.ts";
import {
  createCgroup,
  createTreeHandle,
  killTree,
  listTree,
  removeCgroup,
  spawnInTree,
} from "../../packages/server/src/containment/process-tree/index.ts";

/** A real process tree of a test. `end` kills it and throws when something of it is left. */
export interface TestTree {
  readonly handle: TreeHandle;
  readonly sessionId: string;
  end(): Promise<void>;
}

const newId = createNewId(() => systemClock.now());

/** Starts `sh -c script` as a tree. @param withCgroup false shows what works without any permission */
export function startTestTree(script: string, withCgroup: boolean): TestTree {
  const sessionId = newId("session");
  const cgroup = withCgroup ? createCgroup(sessionId) : null;
  const { root } = spawnInTree({
    command: ["/bin/sh", "-c", script],
    cgroup,
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", FIREBREAK_SESSION: sessionId },
    stdio: "ignore",
  });
  const handle = createTreeHandle({ sessionId, root, supervisor: null, cgroup });
  return { handle, sessionId, end: () => endTree(handle) };
}

async function endTree(handle: TreeHandle): Promise<void> {
  await killTree(handle, { deadlineMs: 5000, clock: systemClock });
  if (handle.cgroup !== null) removeCgroup(handle.cgroup);
  const left = listTree(handle);
  if (left.length > 0) throw new Error(`leaked processes: ${JSON.stringify(left)}`);
}

/** Waits until the condition holds; fails loudly when it never does. */
export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const startMs = systemClock.monotonicMs();
  while (!condition()) {
    if (systemClock.monotonicMs() - startMs > timeoutMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
