import { HASH_BYTES, hashChildren } from "./hash.ts";

/** C2SP tlog-tiles: a full tile holds 256 hashes, eight levels of the tree. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

/** A tile of the tree: level 0 holds hashes of leaves, level 1 hashes of full tiles of level 0, and so on. */
export interface TileId {
  readonly level: number;
  readonly index: number;
  /** how many hashes it holds; 256 when full */
  readonly width: number;
}

/** @returns how many hashes stand at this level of tiles in a tree of `size` leaves */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** @returns every tile of a tree of `size` leaves, level by level */
export function* tilesOf(size: number): Generator<TileId> {
  for (let level = 0; ; level++) {
    const hashes = hashesAt(level, size);
    if (hashes === 0) return;
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      yield { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
    }
  }
}

/** @returns `x001/x234/067`: three digits a part, all but the last after an x */
function indexPath(index: number): string {
  const parts = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    parts.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return parts.join("/");
}

const widthPath = (width: number): string => (width === TILE_WIDTH ? "" : `.p/${width}`);

/** @returns where a tile lies below the log's place: `tile/0/x001/234`, `tile/1/000.p/17` */
export function tilePath({ level, index, width }: TileId): string {
  return `tile/${level}/${indexPath(index)}${widthPath(width)}`;
}

/** @returns where the entries of a tile of level 0 lie */
export function entriesPath({ index, width }: Omit<TileId, "level">): string {
  return `tile/entries/${indexPath(index)}${widthPath(width)}`;
}

/** Gives the hashes of one tile, 32 bytes each; at least as many as are asked for. */
export type ReadTile = (tile: TileId) => Promise<Buffer>;

export function hashAt(tile: Buffer, place: number): Buffer {
  return tile.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}

/** @returns the root of the complete tree over `count` hashes of a tile, from `place` on; `count` is a power of two */
export function rootWithin(tile: Buffer, place: number, count: number): Buffer {
  if (count === 1) return hashAt(tile, place);
  const half = count / 2;
  return hashChildren(rootWithin(tile, place, half), rootWithin(tile, place + half, half));
}
