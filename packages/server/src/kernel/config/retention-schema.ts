import { RETENTION_CLASSES } from "@firebreak/protocol";
import type { RetentionClass } from "@firebreak/protocol";
import { z } from "zod";

const DAYS = { d: 1, m: 30, y: 365 } as const;
const DAYS_MAX = 100 * DAYS.y;

/** A number of days as text: `90d`, `18m` (of 30 days), `7y` (of 365). */
function periodText(pattern: RegExp, example: string) {
  return z.string().transform((text, check) => {
    const [, number = "", unit = ""] = pattern.exec(text.trim()) ?? [];
    const days = Number(number) * (unit === "d" ? DAYS.d : unit === "m" ? DAYS.m : DAYS.y);
    if (number !== "" && days <= DAYS_MAX) return days;
    check.addIssue({ code: "custom", message: `use a number of days, months or years up to 100y, such as ${example}` });
    return z.NEVER;
  });
}

const period = periodText(/^(\d{1,5})\s?([dmy])$/, "90d, 18m or 7y");
const noticeDays = z.number().int().min(0).max(365);

interface Defaults {
  readonly retain: string;
  readonly archive: string;
  readonly delete: string;
  readonly noticeDays?: number;
  /** what is no rows of the database cannot go into an archive of rows */
  readonly neverArchived?: true;
}

const scheduleOf = (defaults: Defaults) =>
  z
    .strictObject({
      /** stays in the database up to this age */
      retain: period,
      /** up to this age in the archive at hand, then in the cold one; none: never archived */
      archive: defaults.neverArchived ? z.literal("none") : z.union([z.literal("none"), period]),
      /** older than this it is deleted */
      delete: z.union([z.literal("never"), period]),
      noticeDays: noticeDays.optional(),
    })
    .prefault(valuesOf(defaults))
    .refine(({ retain, archive }) => archive === "none" || archive >= retain, {
      message: "archive must not be shorter than retain",
      path: ["archive"],
    })
    .refine(({ retain, archive, delete: end }) => end === "never" || end >= (archive === "none" ? retain : archive), {
      message: "delete must not be shorter than retain and archive",
      path: ["delete"],
    });

function valuesOf(defaults: Defaults) {
  const { neverArchived: _, ...values } = defaults;
  return values;
}

const DEFAULTS: Readonly<Record<RetentionClass, Defaults>> = {
  events: { retain: "90d", archive: "1y", delete: "18m" },
  debug: { retain: "7d", archive: "30d", delete: "90d" },
  metrics: { retain: "1y", archive: "3y", delete: "5y" },
  runs: { retain: "1y", archive: "3y", delete: "5y" },
  approvals: { retain: "2y", archive: "5y", delete: "7y" },
  audit: { retain: "2y", archive: "5y", delete: "7y" },
  incidents: { retain: "2y", archive: "5y", delete: "7y" },
  evidence: { retain: "7y", archive: "none", delete: "7y", neverArchived: true },
  notifications: { retain: "1y", archive: "none", delete: "1y" },
  pii: { retain: "30d", archive: "none", delete: "30d", noticeDays: 0, neverArchived: true },
};

const longer = periodText(/^\+(\d{1,5})\s?([dmy])$/, "+2y");

/** How long each class of what is kept is kept. */
export const retentionSchema = z.strictObject({
  /** how long before a deletion it is announced, unless the class says otherwise */
  noticeDays: noticeDays.default(30),
  /** an alert says so when the file system of the home is fuller */
  storagePercent: z.number().min(1).max(100).default(80),
  classes: z
    .strictObject({
      events: scheduleOf(DEFAULTS.events),
      debug: scheduleOf(DEFAULTS.debug),
      metrics: scheduleOf(DEFAULTS.metrics),
      runs: scheduleOf(DEFAULTS.runs),
      approvals: scheduleOf(DEFAULTS.approvals),
      audit: scheduleOf(DEFAULTS.audit),
      incidents: scheduleOf(DEFAULTS.incidents),
      evidence: scheduleOf(DEFAULTS.evidence),
      notifications: scheduleOf(DEFAULTS.notifications),
      pii: scheduleOf(DEFAULTS.pii),
    })
    .prefault({}),
  /** what is of a pack is deleted so much later: `finance: { audit: +2y }` */
  packs: z
    .record(z.string().min(1).max(128), z.partialRecord(z.enum(RETENTION_CLASSES), longer))
    .prefault({ finance: { audit: "+2y" }, legal: { events: "+3y", evidence: "+3y" } }),
});
export type RetentionSettings = z.output<typeof retentionSchema>;

export const DEFAULT_RETENTION: RetentionSettings = retentionSchema.parse({});
