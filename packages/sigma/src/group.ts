import type { GroupWindow } from "./window.ts";

/** One key, and the groups that correlations hold under it, each at the place of its correlation. */
export interface GroupRow {
  readonly key: string;
  readonly groupBy: Readonly<Record<string, string>>;
  readonly groups: (Group | undefined)[];
  /** How many groups there are. */
  used: number;
}

/** One group of a correlation. */
export interface Group {
  readonly row: GroupRow;
  readonly window: GroupWindow;
  readonly owner: Tenant;
  /** The rule itself names it: it is never evicted. */
  isExpected: boolean;
  firing: boolean;
  firedTime: number | undefined;
  /** When the queue of deadlines asks about it next. */
  queuedTime: number;
  isGone: boolean;
  /** Since the last look for somebody to evict: it is passed over once. */
  wasUsed: boolean;
  older: Group | undefined;
  newer: Group | undefined;
}

/** On whose behalf groups were made, and those groups in a line, in which those that were used go back to the end. */
export interface Tenant {
  readonly name: string;
  groups: number;
  entries: number;
  oldest: Group | undefined;
  newest: Group | undefined;
}
