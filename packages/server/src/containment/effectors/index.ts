import type { EffectorSettings, ReadSecret } from "../../kernel/index.ts";
import type { Redactor } from "../../redaction/index.ts";
import { createRotateEffector } from "../credentials/index.ts";
import type { Effector } from "../effector.ts";
import { enforceHold } from "../enforce-hold.ts";
import { fileQuarantine, skillQuarantine } from "../skills/index.ts";
import { stopEffectors } from "./agent-effectors.ts";
import { commandEffectors } from "./commands/index.ts";
import { cutNetworkEffector } from "./cut-network.ts";
import { addressForClients, addressWithin, databaseEffectors } from "./databases/index.ts";
import { createBlockEffector, createIsolateEffector } from "./firewall/index.ts";
import type { FirewallSurroundings } from "./firewall/index.ts";
import { backupEffectors } from "./backup/index.ts";
import { diskClean } from "./disk/clean.ts";
import { dockerEffectors } from "./docker/index.ts";
import { gitEffectors } from "./git/index.ts";
import { hookEffectors } from "./hooks/index.ts";
import { managedServiceEffectors } from "./managed-services/index.ts";
import type { ServiceSurroundings } from "./managed-services/index.ts";
import { maintenanceLock } from "./maintenance-lock/maintenance-lock.ts";
import { networkProbes, probeEffectors, reachOf } from "./probes/index.ts";
import { mcpDisable } from "./mcp/mcp-disable.ts";
import { processEnd } from "./process-end.ts";
import { resumeEffector } from "./resume.ts";
import { serviceEffectors } from "./service/index.ts";
import { placedStops } from "./stop-place.ts";
import type { Enforce } from "./stop-with-hold.ts";

/** What playbooks may do to supervised agents. @param enforce brings those that a hold covers to its level */
export function agentEffectorsWith(enforce: Enforce): readonly Effector[] {
  return [...stopEffectors(enforce), ...placedStops(enforce), cutNetworkEffector, resumeEffector(enforce)];
}

/** The same, on this machine alone. */
export const agentEffectors: readonly Effector[] = agentEffectorsWith(enforceHold);

/** What acts on this machine, as the profile has set it up. */
export function localEffectors(
  settings: EffectorSettings,
  readSecret: ReadSecret,
  redactor: Pick<Redactor, "maskText" | "maskArguments">,
): readonly Effector[] {
  return [
    ...probeEffectors(redactor),
    maintenanceLock(settings.maintenanceLocks),
    skillQuarantine(settings.skills),
    fileQuarantine,
    processEnd,
    mcpDisable(redactor),
    ...dockerEffectors(settings.docker),
    ...serviceEffectors(settings),
    ...hookEffectors(settings.hooks, readSecret),
  ];
}

export interface UpkeepSurroundings extends Omit<ServiceSurroundings, "fetchFrom"> {
  readonly redactor: Pick<Redactor, "maskText" | "maskArguments">;
}

/** What keeps alive what agents and people work with: services, databases, files. */
export function upkeepEffectors({ redactor, ...surroundings }: UpkeepSurroundings): readonly Effector[] {
  const { settings } = surroundings;
  const services = managedServiceEffectors({ ...surroundings, fetchFrom: globalThis.fetch });
  const reach = reachOf(settings, surroundings.services);
  const addressOf = addressWithin(reach);
  const data = [...databaseEffectors(addressOf), ...backupEffectors(settings, addressOf)];
  const commands = commandEffectors({ mask: redactor, addressOf: addressForClients(reach) });
  return [...networkProbes(reach), ...services, ...data, ...commands, ...gitEffectors(settings.git), diskClean];
}

/** What acts on this host and must know more than the profile says: whom never to cut off, and secrets by their names. */
export function hostEffectors(
  settings: EffectorSettings,
  { needed, readSecret }: { readonly needed: FirewallSurroundings; readonly readSecret: ReadSecret },
): readonly Effector[] {
  return [
    createBlockEffector({ ...needed, use: settings.firewall.use }),
    createIsolateEffector(needed),
    createRotateEffector({ credentials: settings.credentials, readSecret, fetchFrom: globalThis.fetch }),
  ];
}
