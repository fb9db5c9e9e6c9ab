import type { Fault } from "./fault.ts";
import { rogueAgent } from "./rogue-agent.ts";

/** Everything that a drill can make go wrong, by kind. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map([rogueAgent].map((fault) => [fault.kind, fault]));
