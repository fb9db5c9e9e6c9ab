import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { checkGit } from "./check-git.ts";
import { gitRestore } from "./restore-work-tree.ts";

/** What looks at git work trees, and puts them back. */
export function gitEffectors({ program }: EffectorSettings["git"]): readonly Effector[] {
  return [checkGit(program), gitRestore(program)];
}
