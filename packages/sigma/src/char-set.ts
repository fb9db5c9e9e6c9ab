/** A set of UTF-16 code units as sorted, disjoint, inclusive ranges. */
export type CharSet = readonly (readonly [number, number])[];

export const UNIT_MAX = 0xffff;
export const NEWLINE = 10;

export function normalizeSet(ranges: CharSet): CharSet {
  const sorted = [...ranges].sort((left, right) => left[0] - right[0]);
  const merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

export function negateSet(set: CharSet): CharSet {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of normalizeSet(set)) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= UNIT_MAX) result.push([next, UNIT_MAX]);
  return result;
}

export function setHas(set: CharSet, unit: number): boolean {
  return set.some(([low, high]) => unit >= low && unit <= high);
}

const codes = (text: string): CharSet =>
  text.split("").map((char) => [char.charCodeAt(0), char.charCodeAt(0)] as const);

export const DIGITS: CharSet = [[48, 57]];
export const WORDS: CharSet = normalizeSet([
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]);
export const SPACES: CharSet = normalizeSet([
  [9, 13],
  [0x2000, 0x200a],
  ...codes(" \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"),
]);
export const NOT_NEWLINE: CharSet = negateSet([[NEWLINE, NEWLINE]]);
export const ANY: CharSet = [[0, UNIT_MAX]];

let foldGroups: readonly (readonly number[])[] | undefined;

/** The ECMAScript canonical form used by the flag `i`: upper case, unless that leaves one unit or turns non-ASCII into ASCII. */
function canonicalUnit(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  if (upper.length !== 1) return unit;
  const code = upper.charCodeAt(0);
  return unit >= 128 && code < 128 ? unit : code;
}

function buildFoldGroups(): readonly (readonly number[])[] {
  const byCanonical = new Map<number, number[]>();
  for (let unit = 0; unit <= UNIT_MAX; unit++) {
    const canonical = canonicalUnit(unit);
    if (canonical === unit) continue;
    const group = byCanonical.get(canonical);
    if (group === undefined) byCanonical.set(canonical, [canonical, unit]);
    else group.push(unit);
  }
  return [...byCanonical.values()];
}

/** The set with every case variant of its members. */
export function foldSet(set: CharSet): CharSet {
  const only = set.length === 1 && set[0]?.[0] === set[0]?.[1] ? set[0]?.[0] : undefined;
  if (only !== undefined && only < 128) {
    const char = String.fromCharCode(only);
    return normalizeSet([...codes(char.toLowerCase()), ...codes(char.toUpperCase())]);
  }
  foldGroups ??= buildFoldGroups();
  const added: [number, number][] = [];
  for (const group of foldGroups) {
    const missing = group.filter((unit) => !setHas(set, unit));
    if (missing.length === group.length) continue;
    for (const unit of missing) added.push([unit, unit]);
  }
  return normalizeSet([...set, ...added]);
}
