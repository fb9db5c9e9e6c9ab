/** Sets of small numbers as bits of 32-bit words. */

export function setBit(bits: Uint32Array, index: number): void {
  const word = index >>> 5;
  bits[word] = (bits[word] ?? 0) | (1 << (index & 31));
}

/** The numbers in both sets, in order. */
export function commonBits(left: Uint32Array, right: Uint32Array): number[] {
  const common: number[] = [];
  for (let word = 0; word < left.length; word++) {
    for (let rest = (left[word] ?? 0) & (right[word] ?? 0); rest !== 0; rest &= rest - 1) {
      common.push(word * 32 + (31 - Math.clz32(rest & -rest)));
    }
  }
  return common;
}
