/** Exports of stored events: a file, and a signed manifest that says what is in it. */
import { z } from "zod";
import { eventFilters } from "./event-search.ts";
import { actor } from "./killswitch.ts";

export const EVENT_EXPORT_FORMATS = ["ndjson", "csv", "ocsf"] as const;
export const eventExportFormat = z.enum(EVENT_EXPORT_FORMATS);
export type EventExportFormat = z.infer<typeof eventExportFormat>;

export const newExportRequest = z.strictObject({
  format: eventExportFormat,
  /** as `GET /api/v1/events` takes them; without `until`: up to now */
  filters: eventFilters.default({}),
  /** why, for the audit log */
  reason: z.string().trim().min(3, "say why, in three characters or more").max(1000),
});
export type NewExportRequest = z.infer<typeof newExportRequest>;

/** `pending`: asked for, and not fetched yet. `failed`: it broke off; it can be fetched again. */
export const EVENT_EXPORT_STATES = ["pending", "running", "done", "failed"] as const;
export const exportState = z.enum(EVENT_EXPORT_STATES);
export type ExportState = z.infer<typeof exportState>;

export const exportView = z.object({
  id: z.string(),
  format: eventExportFormat,
  state: exportState,
  /** what was asked for, as the API takes it */
  filters: z.record(z.string(), z.unknown()),
  reason: z.string(),
  requestedBy: actor,
  requestedAt: z.string(),
  finishedAt: z.string().nullable(),
  events: z.number().int(),
  bytes: z.number().int(),
  /** of the file, hexadecimal */
  sha256: z.string().nullable(),
  fileName: z.string(),
  /** a signed note (C2SP signed-note, Ed25519); null until the file was read to its end */
  manifest: z.string().nullable(),
});
export type ExportView = z.infer<typeof exportView>;
