import { toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** @returns when something that did not work is tried again: 1 s, 2 s, 4 s … one minute, and never given up */
export function nextTryAt({ clock }: { readonly clock: Clock }, tries: number): string {
  return toIso(clock.now() + Math.min(FIRST_MS * 2 ** Math.min(tries, 10), LONGEST_MS));
}
