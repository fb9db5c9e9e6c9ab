import { randomBytes } from "node:crypto";
import { formatId } from "@firebreak/protocol";
import type { Id, IdKind } from "@firebreak/protocol";

export type NewId = <K extends IdKind>(kind: K) => Id<K>;

const RANDOM_BYTES = 16;
/** One call to the system serves this many ids: it was the dearest part of an id. */
const IDS_PER_DRAW = 256;

/** @returns a maker of fresh ids whose time part comes from `now` */
export function createNewId(now: () => number): NewId {
  let drawn = Buffer.alloc(0);
  let used = 0;
  return (kind) => {
    if (used >= drawn.length) {
      drawn = randomBytes(RANDOM_BYTES * IDS_PER_DRAW);
      used = 0;
    }
    const random = drawn.subarray(used, used + RANDOM_BYTES);
    used += RANDOM_BYTES;
    return formatId(kind, now(), random);
  };
}
