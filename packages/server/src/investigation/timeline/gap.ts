import { draftOf } from "./entry.ts";
import type { Draft } from "./entry.ts";
import { RANKS } from "./position.ts";

/** An entry that says what the timeline cannot show. @param id unique among gaps of its kind */
export function gap(kind: string, id: string, atMs: number, text: string, of: Partial<Draft> = {}): Draft {
  const key = `${kind}/${id}`.slice(0, 110);
  return draftOf(
    { atMs, rank: RANKS.gap, id: key },
    { ref: `gap:${key}`, source: "gap", kind, from: "Firebreak", text, ...of },
  );
}
