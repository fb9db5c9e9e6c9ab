/** Further apart than this, two words are not the same one mistyped. */
const DISTANCE_MAX = 2;
const CHARACTERS_MAX = 32;

/** @returns the candidate that was probably meant, or undefined */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 2 || word.length > CHARACTERS_MAX) return undefined;
  const ranked = candidates
    .map((candidate) => ({
      candidate,
      distance: candidate.startsWith(word) ? 0 : distanceBetween(word, candidate),
    }))
    .filter(({ candidate, distance }) => distance <= Math.min(DISTANCE_MAX, candidate.length - 2))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Letters to insert, remove, change or swap (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(isSwap ? Math.min(cost, (beforeLast[j - 2] ?? 0) + 1) : cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

/** @returns a remedy that names what was probably meant, else the other one */
export function suggest(word: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(word, candidates);
  return near === undefined ? otherwise : `did you mean "${near}"? Else ${otherwise}`;
}
