import { z } from "zod";
import { indicatorType } from "./indicator.ts";
import { severity } from "./severity.ts";

const NAMES_MAX = 100;
const time = z.iso.datetime({ offset: true });
const names = z.array(z.string().min(1).max(256)).min(1).max(NAMES_MAX);

/** Events by the time of their receipt, of some agents or packs or of all. */
const eventsTarget = z.strictObject({
  kind: z.literal("events"),
  since: time.optional(),
  until: time.optional(),
  agents: names.optional(),
  packs: names.optional(),
});
/** Archives of evidence; without ids all. */
const evidenceTarget = z.strictObject({ kind: z.literal("evidence"), archives: names.optional() });
/** A folder or file of the server's machine. */
const folderTarget = z.strictObject({ kind: z.literal("folder"), path: z.string().min(2).max(4096).startsWith("/") });

export const scanTarget = z.discriminatedUnion("kind", [eventsTarget, evidenceTarget, folderTarget]);
export type ScanTarget = z.infer<typeof scanTarget>;

/** `alert`: what is found becomes alerts when the scan is done. */
export const scanRequest = z.strictObject({
  target: z.discriminatedUnion("kind", [eventsTarget, evidenceTarget]),
  alert: z.boolean().default(false),
});
export type ScanRequest = z.input<typeof scanRequest>;
export const folderScanRequest = z.strictObject({ path: folderTarget.shape.path, alert: z.boolean().default(false) });
export type FolderScanRequest = z.input<typeof folderScanRequest>;

export const scanState = z.enum(["pending", "running", "done", "failed", "cancelled"]);
export type ScanState = z.infer<typeof scanState>;

/** What could not be looked at, and why. */
export const scanSkip = z.object({ place: z.string(), reason: z.string() });
export type ScanSkip = z.infer<typeof scanSkip>;

export const scanView = z.object({
  id: z.string(),
  state: scanState,
  target: scanTarget,
  /** began by itself, for indicators that were new */
  automatic: z.boolean(),
  alert: z.boolean(),
  requestedBy: z.object({ kind: z.string(), name: z.string() }),
  requestedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  indicators: z.number().int(),
  /** events or files */
  examined: z.number().int(),
  bytes: z.number().int(),
  share: z.number(),
  /** indicators and places: each pair is one */
  hits: z.number().int(),
  /** alerts that this scan opened or added to */
  alerts: z.number().int(),
  skipped: z.array(scanSkip),
  skippedTotal: z.number().int(),
  problem: z.string().nullable(),
});
export type ScanView = z.infer<typeof scanView>;

/** One indicator in one place: of an agent's session, an item of an archive, a file. */
export const scanHit = z.object({
  indicatorId: z.string(),
  type: indicatorType,
  value: z.string(),
  source: z.string(),
  severity,
  place: z.string(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  archiveId: z.string().nullable(),
  count: z.number().int(),
  /** of them, those that were told of when they arrived */
  live: z.number().int(),
  firstAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  /** where in the event or line it stands: `data.command`, `line`, `name`, `content hash` */
  path: z.string(),
  /** numbers of events or lines, the first ones */
  samples: z.array(z.number().int()),
  alertId: z.string().nullable(),
});
export type ScanHit = z.infer<typeof scanHit>;
