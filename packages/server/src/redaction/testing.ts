/**
 * Keys for tests: made of parts at run time, so that no file of ours holds anything that looks like one. The same seed
 * gives the same keys.
 */
export function createKeyMaker(seed: number) {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return {
    next,
    take: (alphabet: string, length: number): string =>
      Array.from({ length }, () => alphabet.charAt(next(alphabet.length))).join(""),
  };
}

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

/** One alphabet for each set of characters that keys are made of. */
export const ALPHABETS = {
  alnum: LOWER.toUpperCase() + LOWER + DIGITS,
  base32: `${LOWER.toUpperCase()}234567`,
  base64: `${LOWER.toUpperCase()}${LOWER}${DIGITS}+/`,
  digits: DIGITS,
  dotted: LOWER.toUpperCase() + LOWER + DIGITS,
  encoded: LOWER.toUpperCase() + LOWER + DIGITS,
  email: LOWER.toUpperCase() + LOWER + DIGITS,
  hex: "0123456789abcdef",
  letters: LOWER,
  path: LOWER.toUpperCase() + LOWER + DIGITS,
  upper: LOWER.toUpperCase() + DIGITS,
  word: `${LOWER.toUpperCase()}${LOWER}${DIGITS}_`,
} as const;
