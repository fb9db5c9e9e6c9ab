import type { Actor } from "@firebreak/protocol";
import type { Clock } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { PolicyKeeper } from "./keep-policy.ts";

export interface PolicyContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly policies: PolicyKeeper;
  /** where gates of this host keep budgets and circuit breakers */
  readonly ledgerDir: string;
}
