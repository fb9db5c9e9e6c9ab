import { HASH_BYTES, hashesAt, rootWithin, TILE_WIDTH } from "@firebreak/verifier";

/** A leaf to be appended, and what it is: the `seq` of an event, or less than zero that of an act. */
export interface Leaf {
  readonly hash: Buffer;
  readonly ref: bigint;
}

/** A tile as it stands after leaves were appended. */
export interface GrownTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Buffer;
  /** of level 0 */
  readonly refs: Buffer | null;
}

export const REF_BYTES = 8;

/** Gives the last tile of a level while it is not full: its hashes, and of level 0 its refs. */
export type ReadEdge = (level: number, index: number) => Promise<{ hashes: Buffer; refs: Buffer | null }>;

/** @returns every tile that grows when these leaves are appended to a tree of `size` leaves, from level 0 up */
export async function appendLeaves(size: number, leaves: readonly Leaf[], readEdge: ReadEdge): Promise<GrownTile[]> {
  const grown: GrownTile[] = [];
  let hashes = leaves.map(({ hash }) => hash);
  for (let level = 0; hashes.length > 0; level++) {
    const refs = level === 0 ? Buffer.concat(leaves.map(({ ref }) => writeRef(ref))) : null;
    const tiles = await growLevel({ level, before: hashesAt(level, size), hashes, refs }, readEdge);
    grown.push(...tiles);
    hashes = tiles
      .filter((tile) => tile.hashes.length === TILE_WIDTH * HASH_BYTES)
      .map((tile) => rootWithin(tile.hashes, 0, TILE_WIDTH));
  }
  return grown;
}

interface Growth {
  readonly level: number;
  /** hashes of this level that are there already */
  readonly before: number;
  readonly hashes: readonly Buffer[];
  readonly refs: Buffer | null;
}

async function growLevel({ level, before, hashes, refs }: Growth, readEdge: ReadEdge): Promise<GrownTile[]> {
  const first = Math.floor(before / TILE_WIDTH);
  const held = before % TILE_WIDTH;
  const edge = held === 0 ? { hashes: Buffer.alloc(0), refs: Buffer.alloc(0) } : await readEdge(level, first);
  const all = Buffer.concat([edge.hashes, ...hashes]);
  const allRefs = refs === null ? null : Buffer.concat([edge.refs ?? Buffer.alloc(0), refs]);
  const count = held + hashes.length;
  if (all.length !== count * HASH_BYTES) {
    throw new Error(
      `tile ${first} of level ${level} holds ${edge.hashes.length} bytes instead of ${held * HASH_BYTES}`,
    );
  }
  return Array.from({ length: Math.ceil(count / TILE_WIDTH) }, (_, at) => ({
    level,
    index: first + at,
    hashes: all.subarray(at * TILE_WIDTH * HASH_BYTES, (at + 1) * TILE_WIDTH * HASH_BYTES),
    refs: allRefs === null ? null : allRefs.subarray(at * TILE_WIDTH * REF_BYTES, (at + 1) * TILE_WIDTH * REF_BYTES),
  }));
}

function writeRef(ref: bigint): Buffer {
  const bytes = Buffer.alloc(REF_BYTES);
  bytes.writeBigInt64BE(ref);
  return bytes;
}
