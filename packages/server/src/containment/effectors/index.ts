import type { EffectorSettings } from "../../kernel/index.ts";
import type { Effector } from "../effector.ts";
import { stopEffectors } from "./agent-effectors.ts";
import { maintenanceLock } from "./maintenance-lock/maintenance-lock.ts";
import { resumeEffector } from "./resume.ts";

/** What playbooks may do to supervised agents on this machine. */
export const agentEffectors: readonly Effector[] = [...stopEffectors, resumeEffector];

/** What acts on this machine, as the profile has set it up. */
export function localEffectors(settings: EffectorSettings): readonly Effector[] {
  return [maintenanceLock(settings.maintenanceLocks)];
}
