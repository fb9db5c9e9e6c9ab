import type { Redactor } from "../../../redaction/index.ts";
import type { Effector } from "../../effector.ts";
import { commandRead } from "./command-read.ts";
import { commandRun } from "./command-run.ts";

/** Programs without a shell. */
export function commandEffectors(redactor: Pick<Redactor, "maskText">): readonly Effector[] {
  return [commandRead(redactor), commandRun(redactor)];
}
