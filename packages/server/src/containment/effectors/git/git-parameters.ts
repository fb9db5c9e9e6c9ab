import { homePath } from "../../../kernel/index.ts";
import type { EffectorOutcome } from "../../effector.ts";
import { GitFault } from "./repository.ts";

/** The top folder of a work tree. */
export const gitFolder = homePath.refine((text) => !text.includes("\0"), "use an absolute path");

export async function explainGit(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (!(fault instanceof GitFault)) throw fault;
    return { ok: false, reason: fault.reason, message: fault.message };
  }
}
