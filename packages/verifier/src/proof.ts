import { HASH_BYTES, hashChildren } from "./hash.ts";

/** What a proof says: what is to be there, in which tree, and the hashes between. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
}

export interface ConsistencyProof {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** RFC 9162 section 2.1.3.2. Every input may be hostile. @returns whether the leaf is in the tree */
export function verifyInclusion({ index, size, leafHash, root, path }: InclusionProof): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leafHash, root, ...path])) return false;
  let place = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      hash = hashChildren(sibling, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else hash = hashChildren(hash, sibling);
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSame(hash, root);
}

/** RFC 9162 section 2.1.4.2. Every input may be hostile. @returns whether the first tree is the beginning of the second */
export function verifyConsistency({ from, to, fromRoot, toRoot, path }: ConsistencyProof): boolean {
  if (!isCount(from) || !isCount(to) || from === 0 || from > to || !areHashes([fromRoot, toRoot, ...path]))
    return false;
  if (from === to) return path.length === 0 && isSame(fromRoot, toRoot);
  const isPowerOfTwo = Number.isInteger(Math.log2(from)) && 2 ** Math.log2(from) === from;
  const [first, ...rest] = isPowerOfTwo ? [fromRoot, ...path] : path;
  if (first === undefined) return false;
  let place = from - 1;
  let last = to - 1;
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  let before = first;
  let after = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      before = hashChildren(sibling, before);
      after = hashChildren(sibling, after);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else after = hashChildren(after, sibling);
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSame(before, fromRoot) && isSame(after, toRoot);
}

const half = (value: number): number => Math.floor(value / 2);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((one) => one.length === HASH_BYTES);
const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;
