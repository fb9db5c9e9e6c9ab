import type { EventMeta } from "./types.ts";
import type { EventView } from "./view.ts";

/** What happened: a match of the rule `ruleId` on the event of the view, or a report of the correlation of that id. */
export interface Occurrence {
  readonly view: EventView;
  readonly ruleId: string;
  readonly meta: EventMeta;
  /** Of a correlation's report; its names count before the event's fields. */
  readonly groupBy?: Readonly<Record<string, string>>;
}
