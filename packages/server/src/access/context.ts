import type { Actor } from "@firebreak/protocol";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

/** What every verb of this room needs. */
export interface AccessContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
}
