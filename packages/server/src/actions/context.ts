import type { Actor } from "@firebreak/protocol";
import type { Effector } from "../containment/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

export interface ActionContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly home: string;
  readonly effectors: ReadonlyMap<string, Effector>;
  /** ids of the actions that this process works on; one server at a time has a home, so nobody else does */
  readonly actionsUnderWay: Set<string>;
  /** for tests only: moments between which the process may die */
  readonly fault?: (point: "inserted" | "applied" | "undone") => void;
}
