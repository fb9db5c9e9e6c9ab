import type { Actor, IncidentDetail, IncidentState } from "@firebreak/protocol";
import type { Clock, Logger, NewId, Profile } from "../kernel/index.ts";
import type { Database, IncidentsTable, Trx } from "../storage/index.ts";
import type { Selectable } from "kysely";

export type { Trx };

/** What every verb of this room works with. */
export interface IncidentContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly profile: Profile;
}

export type IncidentRow = Selectable<IncidentsTable>;

/** What this room knows of an incident; the other rooms add their parts. */
export type IncidentRecord = Omit<IncidentDetail, "alerts" | "runs" | "stops" | "holds" | "evidence" | "deliveries">;

export interface StateChange {
  readonly from: IncidentState;
  readonly to: IncidentState;
}
