import { RETENTION_CLASSES } from "@firebreak/protocol";
import type { RetentionSchedule } from "@firebreak/protocol";
import type { RetentionSettings } from "../kernel/index.ts";

export interface Schedule extends RetentionSchedule {
  /** of a schedule without a pack: packs that have one of their own in this class */
  readonly otherPacks: readonly string[];
}

/** @returns every schedule of a policy: of each class, and of each pack that something is kept longer of */
export function schedulesOf({ classes, packs, noticeDays }: RetentionSettings): Schedule[] {
  return RETENTION_CLASSES.flatMap((name) => {
    const periods = classes[name];
    const longer = Object.entries(packs).flatMap(([pack, days]) => {
      const added = days[name];
      return added === undefined ? [] : [{ pack, added }];
    });
    const base = {
      class: name,
      pack: null,
      retainDays: periods.retain,
      archiveDays: periods.archive === "none" ? null : periods.archive,
      deleteDays: periods.delete === "never" ? null : periods.delete,
      noticeDays: periods.noticeDays ?? noticeDays,
      otherPacks: longer.map(({ pack }) => pack),
    };
    const ofPacks = longer.map(({ pack, added }) => ({
      ...base,
      pack,
      deleteDays: base.deleteDays === null ? null : base.deleteDays + added,
      otherPacks: [],
    }));
    return [base, ...ofPacks];
  });
}

/** A stretch of time; undefined: without that end. */
export interface Stretch {
  readonly fromMs?: number | undefined;
  readonly beforeMs: number;
}

const DAY_MS = 86_400_000;

/** @returns the time before which things have that age, in whole UTC days, so that passes of one day agree */
export function agedBefore(nowMs: number, days: number): number {
  return Math.floor(nowMs / DAY_MS) * DAY_MS - days * DAY_MS;
}

/** @returns what ended in this stretch leaves the database for the archive; undefined when nothing does */
export function toArchive(schedule: RetentionSchedule, now: number): Stretch | undefined {
  const { retainDays, archiveDays, deleteDays } = schedule;
  if (archiveDays === null) return undefined;
  const fromMs = deleteDays === null ? undefined : agedBefore(now, deleteDays);
  return { fromMs, beforeMs: agedBefore(now, retainDays) };
}

/** @returns the policy as one sentence, for the record of what was done by it */
export function describeSchedule({ class: name, pack, deleteDays }: RetentionSchedule): string {
  const whose = pack === null ? name : `${name} of pack ${pack}`;
  return deleteDays === null ? `${whose}: never deleted` : `${whose}: deleted after ${deleteDays} days`;
}
