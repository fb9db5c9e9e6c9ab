import path from "node:path";
import { loadProfile, requireProfile } from "../../../kernel/index.ts";
import type { Profile } from "../../../kernel/index.ts";
import type { KnownEffectors } from "../../../playbooks/index.ts";
import type { CommandContext } from "../../command.ts";
import { dataDir } from "../../installation.ts";
import { printable } from "../../printable.ts";

export interface PlaybookPlace {
  readonly profile: Profile;
  readonly effectors: KnownEffectors;
  /** where a server looks for playbooks, its own first */
  readonly directories: readonly string[];
}

/** What the profile of this home lets playbooks do; no server is asked. */
export async function readPlace({ config }: CommandContext): Promise<PlaybookPlace> {
  const { effectorsToCheck } = await import("../../../app/index.ts");
  const { playbookDirectories } = await import("../../../playbooks/index.ts");
  const profilesDir = path.join(dataDir(), "profiles");
  const profile = requireProfile(await loadProfile({ home: config.home, profilesDir, name: config.profileName }));
  const directories = playbookDirectories(config.home, profilesDir, profile.name);
  return { profile, effectors: effectorsToCheck(profile, { config, profilesDir }), directories };
}

export interface ShownProblem {
  readonly level: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

export function showProblem({ output, workingDirectory }: CommandContext, problem: ShownProblem): void {
  const place = `${printable(path.relative(workingDirectory, problem.file))}:${problem.line}:${problem.column}`;
  const paint = problem.level === "error" ? output.style.red : output.style.yellow;
  output.line(paint(`${place} ${printable(problem.message)}`));
  output.line(`  ${printable(problem.remedy)}`);
}
