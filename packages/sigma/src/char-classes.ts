import { NEWLINE, setHas, UNIT_MAX, WORDS, type CharSet } from "./char-set.ts";

/** The alphabet of one pattern: code units no set of the pattern tells apart share a class. */
export interface CharClasses {
  readonly count: number;
  /** Class of a code unit below 128. */
  readonly ascii: Uint16Array;
  classOf(unit: number): number;
  /** One member of each class. */
  readonly samples: readonly number[];
}

export function buildCharClasses(sets: readonly CharSet[], withEdges: boolean): CharClasses {
  const considered: CharSet[] = withEdges ? [...sets, WORDS, [[NEWLINE, NEWLINE]]] : [...sets];
  const starts = new Set([0]);
  for (const set of considered) {
    for (const [low, high] of set) {
      starts.add(low);
      if (high < UNIT_MAX) starts.add(high + 1);
    }
  }
  const cuts = [...starts].sort((left, right) => left - right);
  const samples: number[] = [];
  const bySignature = new Map<string, number>();
  const classes = cuts.map((cut) => {
    const signature = considered.map((set) => (setHas(set, cut) ? "1" : "0")).join("");
    const known = bySignature.get(signature);
    if (known !== undefined) return known;
    samples.push(cut);
    bySignature.set(signature, samples.length - 1);
    return samples.length - 1;
  });
  const classOf = (unit: number): number => classes[lastCutBefore(cuts, unit)] ?? 0;
  return {
    count: samples.length,
    ascii: Uint16Array.from({ length: 128 }, (_, unit) => classOf(unit)),
    classOf,
    samples,
  };
}

/** Index of the last cut that is not after `unit`. */
function lastCutBefore(cuts: readonly number[], unit: number): number {
  let low = 0;
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((cuts[middle] ?? 0) <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}
