export const FINDING_CODES = [
  "checkpoint_missing",
  "checkpoint_unreadable",
  "checkpoint_not_signed",
  "key_replaced",
  "not_witnessed",
  "entry_changed",
  "entry_missing",
  "entry_moved",
  "entries_changed",
  "deletion_not_signed",
  "tile_changed",
  "tile_missing",
  "history_differs",
  "truncated",
  "other_log",
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** Something that is not as it was logged, and where. */
export interface Finding {
  readonly code: FindingCode;
  readonly message: string;
  /** indexes of the first and the last entry that it is about */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const KEPT_MAX = 1000;

/** Findings, the first thousand; the others are counted. */
export class Findings {
  readonly kept: Finding[] = [];
  total = 0;

  add(code: FindingCode, message: string, from?: number, to = from): void {
    this.total += 1;
    if (this.kept.length < KEPT_MAX) this.kept.push({ code, message, from, to });
  }

  copy(): Findings {
    const other = new Findings();
    other.addAll(this);
    return other;
  }

  addAll({ kept, total }: Findings): void {
    this.kept.push(...kept.slice(0, KEPT_MAX - this.kept.length));
    this.total += total;
  }
}
