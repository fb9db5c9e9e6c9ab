import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createNewId, systemClock } from "../../packages/server/src/kernel/index.ts";
import type { CgroupRef, TreeHandle } from "../../packages/server/src/containment/process-tree/index.ts";
import {
  createCgroup,
  createTreeHandle,
  killTree,
  listTree,
  OPEN,
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

/** Where the freezer of version 1 is mounted, as on older systems; null where it is not. */
export const FREEZER_V1 =
  /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup .*\bfreezer\b/m.exec(readFileSync("/proc/self/mountinfo", "utf8"))?.[1] ?? null;

/** Starts `sh -c script` as a tree. @param group false shows what works without any permission */
export function startTestTree(script: string, group: boolean | "v1"): TestTree {
  const sessionId = newId("session");
  const cgroup = group === "v1" ? createFreezer(sessionId) : group ? createCgroup(sessionId) : null;
  const { root } = spawnInTree({
    command: ["/bin/sh", "-c", script],
    enclosure: { ...OPEN, group: cgroup?.path ?? null },
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", FIREBREAK_SESSION: sessionId },
    stdio: "ignore",
  });
  const handle = createTreeHandle({ sessionId, root, supervisor: null, cgroup });
  return { handle, sessionId, end: () => endTree(handle) };
}

function createFreezer(sessionId: string): CgroupRef {
  const path = join(FREEZER_V1 ?? "", "firebreak", sessionId);
  mkdirSync(path, { recursive: true });
  return { version: 1, path };
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
