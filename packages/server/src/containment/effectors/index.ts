import type { Effector } from "../effector.ts";
import { stopEffectors } from "./agent-effectors.ts";
import { resumeEffector } from "./resume.ts";

/** What playbooks may do to supervised agents on this machine. */
export const agentEffectors: readonly Effector[] = [...stopEffectors, resumeEffector];
