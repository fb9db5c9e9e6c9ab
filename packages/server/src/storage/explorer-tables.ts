import type { Actor, EventExportFormat, ExportState } from "@firebreak/protocol";
import type { ColumnType } from "kysely";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** bigint: read as text */
type Count = ColumnType<string, string | number | undefined, string | number>;

/** An export of events: what was asked for, and what the file was. The file itself is not kept. */
export interface EventExportsTable {
  id: string;
  format: EventExportFormat;
  state: ExportState;
  filters: Json<Record<string, unknown>>;
  reason: string;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  /** the newest time (of the source's clock) that it takes in */
  until: Timestamp;
  finished_at: NullableTimestamp;
  events: Count;
  bytes: Count;
  sha256: string | null;
  /** a signed note */
  manifest: string | null;
}

/** Filters of the explorer under a name. */
export interface SavedViewsTable {
  id: string;
  name: string;
  /** whose it is: the id of the actor */
  owner_id: string;
  owner: Json<Actor>;
  /** everybody sees it */
  shared: boolean;
  filters: Json<Record<string, unknown>>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface ExplorerSchema {
  event_exports: EventExportsTable;
  saved_views: SavedViewsTable;
}
