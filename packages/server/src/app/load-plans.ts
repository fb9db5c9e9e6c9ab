import { listSupervisedTrees } from "../containment/index.ts";
import type { Config, ProfilePlace } from "../kernel/index.ts";
import { loadPlaybooks, playbookDirectories } from "../playbooks/index.ts";
import { lintContainment } from "../reactions/index.ts";
import type { House } from "./house.ts";

/** Playbooks, and what of the profile cannot work with them. An owner's playbook wins over a shipped one with the same id. */
export async function loadPlans(
  { home }: Config,
  profilesDir: string,
  { profile, placeOf, profileProblems }: Pick<House, "profile" | "profileProblems"> & { placeOf: ProfilePlace },
  effectors: House["effectors"],
): Promise<Pick<House, "playbooks" | "profileProblems">> {
  const playbooks = await loadPlaybooks(playbookDirectories(home, profilesDir, profile.name), effectors);
  const rules = lintContainment({ effectors, playbooks: playbooks.playbooks }, profile, placeOf);
  return { playbooks, profileProblems: [...profileProblems, ...rules] };
}

/** @returns the agent whose tree this server runs in, when it was itself started under `firebreak run` of this home */
export function findOwnAgents(home: string): ReadonlySet<string> {
  const around = listSupervisedTrees({ home }).filter(({ processes }) =>
    processes.some(({ pid }) => pid === process.pid),
  );
  return new Set(around.map(({ agentId }) => agentId));
}
