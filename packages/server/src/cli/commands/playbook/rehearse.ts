import path from "node:path";
import { OperatorError } from "../../../kernel/index.ts";
import type { LoadedPlaybook } from "../../../playbooks/index.ts";
import type { Simulation } from "../../../simulation/index.ts";
import type { CommandContext } from "../../command.ts";
import { printable } from "../../printable.ts";
import { readText } from "./check.ts";
import { readPlace, showProblem } from "./place.ts";

/** What `playbook simulate` and `playbook test` work with. */
export interface Rehearsal {
  readonly simulation: Simulation;
  /** of the home and the profile, by id */
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
  readonly directories: readonly string[];
  /**
   * @param named a file, or the id of a playbook that is loaded
   * @throws OperatorError when there is none, or it has errors; they are shown
   */
  readonly find: (named: string) => Promise<LoadedPlaybook>;
}

/** Opens a simulation with the playbooks of the home and of the profile, and closes it afterwards. */
export async function rehearse<T>(context: CommandContext, work: (rehearsal: Rehearsal) => Promise<T>): Promise<T> {
  const [{ checkPlaybook, loadPlaybooks }, { openSimulation }, place] = await Promise.all([
    import("../../../playbooks/index.ts"),
    import("../../../simulation/index.ts"),
    readPlace(context),
  ]);
  const { profile, effectors, directories } = place;
  const loaded = await loadPlaybooks(directories, effectors);
  const playbooks = new Map(loaded.playbooks);
  const find = async (named: string): Promise<LoadedPlaybook> => {
    const known = playbooks.get(named);
    if (known) return known;
    const file = path.resolve(context.workingDirectory, named);
    const { playbook, problems } = checkPlaybook(file, await readText(file), effectors);
    for (const problem of problems) showProblem(context, problem);
    if (playbook === null)
      throw new OperatorError(`${printable(named)} has errors.`, "Mend them; see the lines above.");
    playbooks.set(playbook.document.id, playbook);
    return playbook;
  };
  const simulation = await openSimulation({ profile, effectors, playbooks });
  try {
    return await work({ simulation, playbooks, directories, find });
  } finally {
    await simulation.close();
  }
}
