import type { EventEmitter } from "node:events";
import type { Enclosure, HeldTag, TreeHandle } from "../process-tree/index.ts";
import type { SupervisorEntry } from "../registry.ts";
import type { Enforcement } from "./enforcement.ts";
import type { SupervisorOptions } from "./options.ts";
import type { OutputLog } from "./output-log.ts";
import type { Stops } from "./server-holds.ts";
import type { ServerLink } from "./server-link.ts";
import type { Spool } from "./spool.ts";
import type { EventMaker } from "./telemetry.ts";

/** What the parts of one supervisor share. */
export interface Session {
  readonly options: SupervisorOptions;
  entry: SupervisorEntry;
  readonly enclosure: Enclosure;
  handle: TreeHandle;
  /** of the start that is under way, or of the last */
  heldTag: HeldTag | null;
  /** the journal of this home, and what a server elsewhere stops */
  readonly stops: Stops;
  readonly enforcement: Enforcement;
  /** aborted when a signal to the supervisor asked the agent to end */
  readonly endAsked: AbortController;
  /** `change` with the tree's new state and why; `holds` when the journal changed */
  readonly changes: EventEmitter;
  readonly spool: Spool;
  readonly maker: EventMaker;
  readonly output: OutputLog;
  readonly link: ServerLink | null;
  /** @returns true when a hold forbids to start it */
  isHeld(): boolean;
}
