import type { Actor } from "@firebreak/protocol";
import type { Clock, NewId } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

export interface ExplorerContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}
