import type { PlacedStep } from "./placed-step.ts";

type Path = PlacedStep["path"];

/** Whether what a step did can be read at another place of the file, or why not. */
export type Visibility = "readable" | "unknown" | "later" | "around" | "other_branch" | "in_loop";

/**
 * @param at where it is read: the path of a step, or null for the end of the playbook
 * @param id the step that is to be read
 */
export function visibilityOf(steps: readonly PlacedStep[], at: Path | null, id: string): Visibility {
  const target = steps.findIndex(({ step }) => step.id === id);
  const found = steps[target];
  if (found === undefined) return "unknown";
  const reader = at === null ? steps.length : steps.findIndex(({ path }) => isSame(path, at));
  const place = at ?? [];
  if (isWithin(place, found.path)) return reader === target ? "later" : "around";
  if (target > reader) return "later";
  const shared = sharedLength(found.path, place);
  const list = found.path[shared - 1];
  if (at !== null && (list === "branches" || list === "options")) return "other_branch";
  const loops = steps.filter(({ step, path }) => step.type === "for-each" && isWithin(found.path, path));
  return loops.every(({ path }) => isWithin(place, path)) ? "readable" : "in_loop";
}

export const VISIBILITY_WORDS: Readonly<Record<Exclude<Visibility, "readable">, string>> = {
  unknown: "there is no such step",
  later: "it has not run yet at this place",
  around: "this step stands within it, so it has not ended",
  other_branch: "it stands in another branch or option, which runs at the same time or not at all",
  in_loop: "it runs once for each item, so outside its for-each step nobody knows which one is meant",
};

function isSame(one: Path, other: Path): boolean {
  return one.length === other.length && sharedLength(one, other) === one.length;
}

/** @returns whether the path is the other one or stands within it */
function isWithin(path: Path, other: Path): boolean {
  return sharedLength(path, other) === other.length;
}

function sharedLength(one: Path, other: Path): number {
  const at = one.findIndex((segment, index) => segment !== other[index]);
  return at < 0 ? one.length : at;
}

/** @returns whether the place is within a for-each step: `each` and `index` are known there */
export function isInLoop(steps: readonly PlacedStep[], at: Path | null): boolean {
  if (at === null) return false;
  return steps.some(({ step, path }) => step.type === "for-each" && isWithin(at, path) && !isSame(at, path));
}
