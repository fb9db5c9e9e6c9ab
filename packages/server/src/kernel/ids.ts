import { randomBytes } from "node:crypto";
import { formatId } from "@firebreak/protocol";
import type { Id, IdKind } from "@firebreak/protocol";

export type NewId = <K extends IdKind>(kind: K) => Id<K>;

/** @returns a maker of fresh ids whose time part comes from `now` */
export function createNewId(now: () => number): NewId {
  return (kind) => formatId(kind, now(), randomBytes(16));
}
