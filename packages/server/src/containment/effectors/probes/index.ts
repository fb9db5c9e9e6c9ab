import type { EffectorSettings, ServiceSettings } from "../../../kernel/index.ts";
import { parseAddressOrNetwork } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";
import type { Effector } from "../../effector.ts";
import { checkDisk } from "./check-disk.ts";
import { checkFile } from "./check-file.ts";
import { checkHttp } from "./check-http.ts";
import { checkTcp } from "./check-tcp.ts";
import { logSearch } from "./log-search.ts";
import { endpointsOf } from "./reachable-address.ts";

export { defineProbe } from "./define-probe.ts";

/** What only reads, on this machine. */
export function probeEffectors(redactor: Pick<Redactor, "maskText">): readonly Effector[] {
  return [checkDisk, checkFile, logSearch(redactor)];
}

/** What only asks, over the network: the internet, this machine, and what the profile names. */
export function networkProbes(
  { checks }: Pick<EffectorSettings, "checks">,
  services: readonly ServiceSettings[],
): readonly Effector[] {
  const networks = checks.privateNetworks.flatMap((text) => parseAddressOrNetwork(text) ?? []);
  const reach = { networks, endpoints: endpointsOf(services) };
  return [checkHttp(reach), checkTcp(reach)];
}
