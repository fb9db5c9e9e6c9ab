import type { Actor, MarkAct } from "@firebreak/protocol";
import type { Generated } from "kysely";
import type { Json, Timestamp } from "./column-types.ts";

/** One edit of a timeline's curated view; the entry it is about stays as it is. */
export interface TimelineMarksTable {
  id: Generated<string>;
  incident_id: string;
  ref: string;
  act: MarkAct;
  text: string | null;
  actor: Json<Actor>;
  at: Timestamp;
}

/** What an incident did, as computed once; a new version for each change. */
export interface ImpactsTable {
  incident_id: string;
  version: number;
  computed_at: Timestamp;
  computed_by: Json<Actor>;
  /** of the canonical JSON of `body` */
  sha256: string;
  body: Json<unknown>;
}

/** Up to which event an incident's impact was computed. */
export interface ImpactPositionsTable {
  incident_id: string;
  last_event_seq: string;
  looked_at: Timestamp;
}

export interface InvestigationSchema {
  timeline_marks: TimelineMarksTable;
  impacts: ImpactsTable;
  impact_positions: ImpactPositionsTable;
}
