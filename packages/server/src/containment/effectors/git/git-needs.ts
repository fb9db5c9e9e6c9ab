import type { MissingNeed } from "../../effector.ts";
import { runSystemProgram } from "../../system-program.ts";

/** The options that keep a hostile repository from running programs are of this version and newer. */
const OLDEST = [2, 31] as const;

export async function gitNeeds(program: string): Promise<MissingNeed[]> {
  const remedy = "install git, or set effectors.git.program in the profile to where it is";
  const { stdout, problem } = await runSystemProgram([program, "--version"]);
  const found = /^git version (\d+)\.(\d+)/.exec(stdout);
  if (found === null) return [{ what: `git cannot be run as ${program} (${problem ?? "it says no version"})`, remedy }];
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [{ what: `git ${major}.${minor} is older than ${OLDEST.join(".")}`, remedy }];
}
