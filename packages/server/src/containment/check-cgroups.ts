import { createCgroup, removeCgroup } from "./process-tree/index.ts";

/** Whether this user may make cgroups, found by making one. */
export function checkCgroups(probeName: string): { readonly available: boolean; readonly message: string } {
  const group = createCgroup(probeName);
  if (group === null)
    return { available: false, message: "no cgroup can be made here; trees are followed process by process" };
  removeCgroup(group);
  return { available: true, message: `cgroup v${group.version} can be made` };
}
