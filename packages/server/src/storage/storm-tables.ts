import type { Generated } from "kysely";
import type { NullableTimestamp, Timestamp } from "./column-types.ts";

/** An incident that takes in the alerts of many agents at once. */
export interface StormsTable {
  incident_id: string;
  /** what comes in a storm: an origin of incidents, or `all` */
  key: string;
  began_at: Timestamp;
  last_joined_at: Timestamp;
  ended_at: NullableTimestamp;
  alerts: Generated<number>;
  agents: Generated<number>;
  /** how large it was when the team was told last */
  told_size: Generated<number>;
  /** the summary that it gave its incident last; a person's own stays */
  told_text: string | null;
  /** how many of its questions there were when one was told last */
  questions_told: Generated<number>;
}

/** Who is in a storm. */
export interface StormAgentsTable {
  incident_id: string;
  agent_id: string;
  joined_at: Timestamp;
}

export interface StormSchema {
  storms: StormsTable;
  storm_agents: StormAgentsTable;
}
