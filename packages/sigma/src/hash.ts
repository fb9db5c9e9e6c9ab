/** A text as a number of 53 bits: two 32-bit FNV-1a sums of different beginnings. Not for secrets. */
export function hashText(text: string, seed = 0): number {
  let low = 0x811c9dc5 ^ seed;
  let high = 0x9747b28c ^ seed;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
    high ^= high >>> 15;
  }
  return joinHalves(low, high);
}

/** Two sums of 32 bits as one number of 53. */
export function joinHalves(low: number, high: number): number {
  return ((low ^ (high >>> 13)) >>> 0) * 0x200000 + (high >>> 11);
}

/** One hash of two, in their order. */
export function joinHashes(first: number, second: number): number {
  const low = Math.imul(first ^ second, 0x01000193);
  const high = Math.imul(Math.floor(first / 0x100000000) ^ low, 0x85ebca6b) ^ Math.floor(second / 0x100000000);
  return joinHalves(low, high);
}
