import type { Effector } from "../../effector.ts";
import { commandRead } from "./command-read.ts";
import type { ReadingSurroundings } from "./command-read.ts";
import { commandRun } from "./command-run.ts";

export { refuseShell } from "./refuse-shell.ts";

/** Programs without a shell. */
export function commandEffectors(surroundings: ReadingSurroundings): readonly Effector[] {
  return [commandRead(surroundings), commandRun(surroundings.mask)];
}
