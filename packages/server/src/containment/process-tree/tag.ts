import { closeSync, openSync, readlinkSync } from "node:fs";
import type { Tag } from "./types.ts";

/** @returns the name of the UTS namespace that the process is in, or null */
export function readTagName(pid: number | "self"): string | null {
  return tryReadlink(`/proc/${pid}/ns/uts`);
}

/** A namespace that this process holds open, so that its number means this one and no other. */
export interface HeldTag {
  readonly tag: Tag;
  release(): void;
}

/** Holds the namespace of a living process. @returns null when it is gone */
export function holdTagOf(pid: number): HeldTag | null {
  return hold(`/proc/${pid}/ns/uts`);
}

/** Holds what another process holds. @returns null when that does not hold it any more */
export function holdTag(tag: Tag): HeldTag | null {
  const held = hold(tag.path);
  if (held === null || held.tag.name === tag.name) return held;
  held.release();
  return null;
}

function hold(path: string): HeldTag | null {
  try {
    const fd = openSync(path, "r");
    const name = tryReadlink(`/proc/self/fd/${fd}`) ?? "";
    return { tag: { name, path: `/proc/${process.pid}/fd/${fd}` }, release: () => closeSync(fd) };
  } catch {
    return null;
  }
}

function tryReadlink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
