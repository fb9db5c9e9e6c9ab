import type { EventEmitter } from "node:events";
import type { Killswitch } from "../../killswitch/index.ts";
import type { TreeHandle } from "../process-tree/index.ts";
import type { SupervisorEntry } from "../registry.ts";
import type { Enforcement } from "./enforcement.ts";
import type { SupervisorOptions } from "./options.ts";
import type { OutputLog } from "./output-log.ts";
import type { ServerLink } from "./server-link.ts";
import type { Spool } from "./spool.ts";
import type { EventMaker } from "./telemetry.ts";

/** What the parts of one supervisor share. */
export interface Session {
  readonly options: SupervisorOptions;
  entry: SupervisorEntry;
  handle: TreeHandle;
  readonly killswitch: Killswitch;
  readonly enforcement: Enforcement;
  /** `change` with the tree's new state and why */
  readonly changes: EventEmitter;
  readonly spool: Spool;
  readonly maker: EventMaker;
  readonly output: OutputLog;
  readonly link: ServerLink | null;
}
