import type { EffectorSettings } from "../../../kernel/index.ts";
import { parseAddressOrNetwork } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";
import type { Effector } from "../../effector.ts";
import { checkDisk } from "./check-disk.ts";
import { checkFile } from "./check-file.ts";
import { checkHttp } from "./check-http.ts";
import { checkTcp } from "./check-tcp.ts";
import { logSearch } from "./log-search.ts";

export { defineProbe } from "./define-probe.ts";

/** What only reads, on this machine and over its network. */
export function probeEffectors(
  { checks }: Pick<EffectorSettings, "checks">,
  redactor: Pick<Redactor, "maskText">,
): readonly Effector[] {
  const allowed = checks.privateNetworks.flatMap((text) => parseAddressOrNetwork(text) ?? []);
  return [checkDisk, checkFile, checkHttp(allowed), checkTcp(allowed), logSearch(redactor)];
}
