import type { Effector } from "../../effector.ts";
import { commandRead } from "./command-read.ts";
import { commandRun } from "./command-run.ts";
import type { CommandMask } from "./command-parameters.ts";

export { refuseShell } from "./refuse-shell.ts";

/** Programs without a shell. */
export function commandEffectors(mask: CommandMask): readonly Effector[] {
  return [commandRead(mask), commandRun(mask)];
}
