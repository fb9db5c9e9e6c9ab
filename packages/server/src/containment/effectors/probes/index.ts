import type { Redactor } from "../../../redaction/index.ts";
import type { Effector } from "../../effector.ts";
import { checkDisk } from "./check-disk.ts";
import { checkFile } from "./check-file.ts";
import { checkHttp } from "./check-http.ts";
import { checkTcp } from "./check-tcp.ts";
import { logSearch } from "./log-search.ts";
import type { Reach } from "./reachable-address.ts";

export { defineProbe } from "./define-probe.ts";
export { reachOf } from "./reachable-address.ts";

/** What only reads, on this machine. */
export function probeEffectors(redactor: Pick<Redactor, "maskText">): readonly Effector[] {
  return [checkDisk, checkFile, logSearch(redactor)];
}

/** What only asks, over the network: the internet, this machine, and what the profile names. */
export function networkProbes(reach: Reach): readonly Effector[] {
  return [checkHttp(reach), checkTcp(reach)];
}
