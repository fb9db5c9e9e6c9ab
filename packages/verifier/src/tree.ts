import { EMPTY_ROOT, hashChildren } from "./hash.ts";
import { hashesAt, rootWithin, TILE_HEIGHT, TILE_WIDTH } from "./tile.ts";
import type { ReadTile, TileId } from "./tile.ts";

const TILES_KEPT = 64;

/**
 * Reads the hashes of complete subtrees out of the tiles of a tree of `size` leaves. All tiles of one proof or root are asked
 * for before the first is awaited, so that a reader can fetch them together.
 */
export class TreeReader {
  readonly size: number;
  readonly #read: ReadTile;
  /** A proof asks for many hashes of few tiles. */
  readonly #tiles = new Map<string, Promise<Buffer>>();

  constructor(size: number, read: ReadTile) {
    this.size = size;
    this.#read = read;
  }

  /** @returns the hash of the complete subtree of `2 ** height` leaves that begins at leaf `index * 2 ** height` */
  async node(height: number, index: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_HEIGHT);
    const within = height % TILE_HEIGHT;
    const first = index * 2 ** within;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, hashesAt(level, this.size) - tileIndex * TILE_WIDTH);
    const tile = await this.#tile({ level, index: tileIndex, width });
    return rootWithin(tile, first % TILE_WIDTH, 2 ** within);
  }

  #tile(id: TileId): Promise<Buffer> {
    const name = `${id.level}/${id.index}`;
    const known = this.#tiles.get(name);
    if (known !== undefined) return known;
    const tile = this.#read(id);
    if (this.#tiles.size >= TILES_KEPT) this.#tiles.clear();
    this.#tiles.set(name, tile);
    return tile;
  }

  /** @returns the root of the first `size` leaves */
  async root(size: number = this.size): Promise<Buffer> {
    return size === 0 ? EMPTY_ROOT : this.#range(0, size);
  }

  /** RFC 9162 section 2.1.3.1. @returns the hashes that lead from the leaf to the root of the first `size` leaves */
  async inclusionProof(index: number, size: number = this.size): Promise<Buffer[]> {
    checkRange(index >= 0 && index < size && size <= this.size, `there is no leaf ${index} in a tree of ${size}`);
    return this.#path(index, 0, size);
  }

  /** RFC 9162 section 2.1.4.1. @returns the hashes that prove that the tree of `from` leaves is the beginning of that of `to` */
  async consistencyProof(from: number, to: number = this.size): Promise<Buffer[]> {
    checkRange(from > 0 && from <= to && to <= this.size, `a tree of ${from} is no beginning of a tree of ${to}`);
    return this.#subproof(from, 0, to, true);
  }

  /** The root of the leaves from `start` on, `count` of them; `start` is a multiple of the power of two that spans them. */
  async #range(start: number, count: number): Promise<Buffer> {
    const split = splitOf(count);
    if (split === count) return this.node(Math.log2(count), start / count);
    const halves = [this.#range(start, split), this.#range(start + split, count - split)] as const;
    const [left, right] = await Promise.all(halves);
    return hashChildren(left, right);
  }

  async #path(index: number, start: number, count: number): Promise<Buffer[]> {
    if (count === 1) return [];
    const split = halfOf(count);
    const [path, sibling] = await Promise.all(
      index < split
        ? [this.#path(index, start, split), this.#range(start + split, count - split)]
        : [this.#path(index - split, start + split, count - split), this.#range(start, split)],
    );
    return [...path, sibling];
  }

  async #subproof(from: number, start: number, count: number, isWhole: boolean): Promise<Buffer[]> {
    if (from === count) return isWhole ? [] : [await this.#range(start, count)];
    const split = halfOf(count);
    const [path, sibling] = await Promise.all(
      from <= split
        ? [this.#subproof(from, start, split, isWhole), this.#range(start + split, count - split)]
        : [this.#subproof(from - split, start + split, count - split, false), this.#range(start, split)],
    );
    return [...path, sibling];
  }
}

function checkRange(isRight: boolean, message: string): void {
  if (!isRight) throw new RangeError(message);
}

/** The largest power of two that is not larger. */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 <= count) power *= 2;
  return power;
}

/** The largest power of two that is smaller. */
function halfOf(count: number): number {
  const power = splitOf(count);
  return power === count ? power / 2 : power;
}
