import { PHASES } from "../format.ts";
import type { PhaseId } from "./words.ts";

/** A part of a runbook: what its words say of its phase, and how many steps it has. */
export interface Guess {
  readonly phase: PhaseId | null;
  readonly weight: number;
}

/**
 * Gives each part a phase so that the order of the runbook stays the order of the playbook, where each phase stands once:
 * phases may only go on, never back. Of all ways the one that changes the phases of the fewest steps is taken, and of
 * equal ones that with the earlier phases.
 */
export function fitPhases(guesses: readonly Guess[]): readonly PhaseId[] {
  const costs: number[][] = [];
  for (const [index, guess] of guesses.entries()) {
    const before = costs[index - 1];
    let least = 0;
    const row = PHASES.map((phase, at) => {
      if (before !== undefined) least = at === 0 ? (before[0] ?? 0) : Math.min(least, before[at] ?? 0);
      return least + (guess.phase === null || guess.phase === phase ? 0 : guess.weight);
    });
    costs.push(row);
  }
  return walkBack(costs);
}

function walkBack(costs: readonly (readonly number[])[]): readonly PhaseId[] {
  const phases: PhaseId[] = [];
  let last = PHASES.length - 1;
  for (const row of costs.toReversed()) {
    const allowed = row.slice(0, last + 1);
    last = allowed.indexOf(Math.min(...allowed));
    phases.push(PHASES[last] ?? "contain");
  }
  return phases.toReversed();
}
