/** How long what is kept is kept, what keeps it longer, and what goes next. */
import { z } from "zod";
import { actor } from "./killswitch.ts";

export const RETENTION_CLASSES = [
  "events",
  "debug",
  "metrics",
  "runs",
  "approvals",
  "audit",
  "incidents",
  "evidence",
  "notifications",
  "pii",
] as const;
export const retentionClass = z.enum(RETENTION_CLASSES);
export type RetentionClass = z.infer<typeof retentionClass>;

const days = z.number().int().nonnegative();

/** Ages in days, of one class, or of one pack within a class when `pack` is not null. */
export const retentionSchedule = z.object({
  class: retentionClass,
  /** whose rows it is about; null: of all that no other schedule of the class names */
  pack: z.string().nullable(),
  /** older than this it leaves the database for the archive */
  retainDays: days,
  /** older than this it leaves the archive at hand for the cold one; null: not archived, it stays in the database */
  archiveDays: days.nullable(),
  /** older than this it is deleted; null: never */
  deleteDays: days.nullable(),
  /** how long before its deletion that is announced */
  noticeDays: days,
});
export type RetentionSchedule = z.infer<typeof retentionSchedule>;

/** What one pass did: rows, not bytes, unless named so. */
export const retentionReport = z.object({
  at: z.string(),
  /** who asked; the daemon when it was due */
  by: actor,
  archived: z.number().int(),
  segments: z.number().int(),
  deleted: z.number().int(),
  held: z.number().int(),
  announced: z.number().int(),
  /** there is more to do; the next pass goes on */
  more: z.boolean(),
  /** sentences: what could not be done, and why */
  problems: z.array(z.string()),
});
export type RetentionReport = z.infer<typeof retentionReport>;

export const retentionView = z.object({
  schedules: z.array(retentionSchedule),
  lastRun: retentionReport.nullable(),
  /** segments of the archive that are kept */
  archive: z.object({ segments: z.number().int(), rows: z.number().int(), bytes: z.number().int() }),
  /** of the file system that holds the home; null when it cannot be told */
  storage: z.object({ usedPercent: z.number().nullable(), warnPercent: z.number() }),
  legalHolds: z.number().int(),
  /** copies of evidence whose archive was deleted, and that an object store still has */
  copiesDue: z.number().int(),
});
export type RetentionView = z.infer<typeof retentionView>;

export const retentionAct = z.enum(["archive", "delete"]);

/** What would be done with what lies in one place. */
export const retentionPlan = z.object({
  class: retentionClass,
  pack: z.string().nullable(),
  act: retentionAct,
  /** a table, `archive` for segments of it, `s3://bucket/prefix` for copies of archives there */
  place: z.string(),
  rows: z.number().int(),
  /** as the database or the file system holds them, not what will be free afterwards */
  bytes: z.number().int(),
  oldest: z.string().nullable(),
  newest: z.string().nullable(),
  /** rows among them that legal holds keep where they are */
  held: z.number().int(),
  /** cases that hold some of them */
  cases: z.array(z.string()),
  /** when it happens at the earliest; null: with the next pass */
  dueAt: z.string().nullable(),
  /** of copies in an object store: until when its lock keeps some of them; null: no lock is known */
  lockedUntil: z.string().nullable(),
});
export type RetentionPlan = z.infer<typeof retentionPlan>;

export const retentionPreview = z.object({ at: z.string(), plans: z.array(retentionPlan) });
export type RetentionPreview = z.infer<typeof retentionPreview>;

/** A copy of an archive of evidence that was deleted here, as long as the object store has some of it. */
export const retentionCopy = z.object({
  archiveId: z.string(),
  /** `s3://bucket/prefix` */
  place: z.string(),
  /** when the archive was deleted */
  askedAt: z.string().nullable(),
  /** as it was stored */
  objects: z.number().int(),
  bytes: z.number().int(),
  /** versions that the store did not delete when that was tried last */
  refused: z.number().int(),
  /** why it is still there; null before the first try */
  problem: z.string().nullable(),
  /** when it is tried again */
  nextAt: z.string(),
  /** legal holds on it, which Firebreak itself keeps to */
  cases: z.array(z.string()),
});
export type RetentionCopy = z.infer<typeof retentionCopy>;

export const RETENTION_NOTICE_STATES = ["announced", "cancelled", "done"] as const;
export const retentionNoticeState = z.enum(RETENTION_NOTICE_STATES);
export type RetentionNoticeState = z.infer<typeof retentionNoticeState>;

/** A deletion that is announced before it happens. */
export const retentionNotice = z.object({
  id: z.string(),
  class: retentionClass,
  pack: z.string().nullable(),
  /** what is at least as new as this, if anything, … */
  from: z.string().nullable(),
  /** … and older than this */
  before: z.string(),
  /** how many rows there were when it was announced */
  rows: z.number().int(),
  announcedAt: z.string(),
  /** not before this */
  dueAt: z.string(),
  state: retentionNoticeState,
  endedAt: z.string().nullable(),
  endedBy: actor.nullable(),
  reason: z.string().nullable(),
  deleted: z.number().int(),
  /** rows that legal holds kept when the time had come */
  held: z.number().int(),
});
export type RetentionNotice = z.infer<typeof retentionNotice>;

/** A file of the archive: rows that left the database, compressed and signed. */
export const archiveSegment = z.object({
  id: z.string(),
  class: retentionClass,
  pack: z.string().nullable(),
  /** the table that its rows stood in */
  table: z.string(),
  /** below the home */
  file: z.string(),
  oldest: z.string(),
  newest: z.string(),
  rows: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
  createdAt: z.string(),
  tier: z.enum(["warm", "cold"]),
  deletedAt: z.string().nullable(),
});
export type ArchiveSegment = z.infer<typeof archiveSegment>;

/** Rows of a segment, once its signature and every line of it were checked. */
export const archiveLines = z.object({
  segment: archiveSegment,
  /** NDJSON, a row a line */
  lines: z.array(z.string()),
  next: z.string().nullable(),
});
export type ArchiveLines = z.infer<typeof archiveLines>;

export const LEGAL_HOLD_SCOPES = ["all", "incident", "agent", "pack", "session", "evidence"] as const;
export const legalHoldScope = z.enum(LEGAL_HOLD_SCOPES);
export type LegalHoldScope = z.infer<typeof legalHoldScope>;

/** While it is in force, nothing in its scope is deleted or taken out of the database. */
export const legalHoldView = z.object({
  id: z.string(),
  caseId: z.string(),
  scope: legalHoldScope,
  /** of the incident, agent, pack, session or evidence archive; null for all */
  target: z.string().nullable(),
  /** only what happened in this range; null: without that end */
  from: z.string().nullable(),
  to: z.string().nullable(),
  reason: z.string(),
  appliedBy: actor,
  appliedAt: z.string(),
  releasedAt: z.string().nullable(),
  releasedBy: actor.nullable(),
  releaseReason: z.string().nullable(),
  /** a release that waits for a second person's answer */
  approvalId: z.string().nullable(),
});
export type LegalHoldView = z.infer<typeof legalHoldView>;

const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
const time = z.iso.datetime({ offset: true });

export const newLegalHoldRequest = z
  .strictObject({
    caseId: z
      .string()
      .trim()
      .regex(/^[\w][\w./ -]{0,63}$/, "use letters, digits, _ . / - and spaces, at most 64"),
    scope: legalHoldScope,
    target: z.string().trim().min(1).max(128).nullable().default(null),
    from: time.nullable().default(null),
    to: time.nullable().default(null),
    reason,
  })
  .refine(({ scope, target }) => (scope === "all") === (target === null), {
    message: "a hold of all has no target; every other hold needs one",
    path: ["target"],
  })
  .refine(({ from, to }) => from === null || to === null || Date.parse(from) <= Date.parse(to), {
    message: "from must not lie after to",
    path: ["from"],
  });
export type NewLegalHoldRequest = z.output<typeof newLegalHoldRequest>;

export const releaseLegalHoldRequest = z.strictObject({
  reason,
  /** without a second person: allowed only where no other person could approve */
  alone: z.boolean().default(false),
});
export type ReleaseLegalHoldRequest = z.output<typeof releaseLegalHoldRequest>;

/** Released, or waiting for a second person. */
export const legalHoldRelease = z.object({ hold: legalHoldView, released: z.boolean() });
export type LegalHoldRelease = z.infer<typeof legalHoldRelease>;

export const cancelNoticeRequest = z.strictObject({ reason });
export type CancelNoticeRequest = z.infer<typeof cancelNoticeRequest>;
