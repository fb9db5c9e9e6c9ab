import type { Actor } from "@firebreak/protocol";
import type { Clock, Profile } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

/** What reading takes. */
export interface ReadContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}

/** What every verb of this room works with. */
export interface InvestigationContext extends ReadContext {
  readonly actor: Actor;
  readonly profile: Profile;
}
