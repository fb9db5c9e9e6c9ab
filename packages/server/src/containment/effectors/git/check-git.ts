import { z } from "zod";
import type { Effector, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { gitNeeds } from "./git-needs.ts";
import { explainGit, gitFolder } from "./git-parameters.ts";
import { openRepository } from "./repository.ts";
import { readStatus } from "./read-status.ts";

const PATHS_MAX = 200;

/** What branch and commit a work tree is at, and what was changed in it. */
export function checkGit(program: string): Effector {
  return defineProbe({
    name: "check.git",
    title: "Look at a git work tree",
    parameters: z.strictObject({ folder: gitFolder }),
    checkNeeds: () => gitNeeds(program),
    describe: ({ folder }) => `looks at the git work tree ${folder}`,
    ask: (ctx, given) =>
      explainGit(async (): Promise<EffectorOutcome> => {
        const repository = await openRepository(ctx, program, given.folder);
        const { branch, commit, changed } = await readStatus(repository);
        const clean = changed.length === 0;
        const output = { branch, commit, clean, changed: changed.slice(0, PATHS_MAX), changedCount: changed.length };
        const state = clean ? "as committed" : `with ${changed.length} change(s)`;
        return { ok: true, output, message: `${repository.folder} is at ${commit ?? "no commit"}, ${state}` };
      }),
  });
}
