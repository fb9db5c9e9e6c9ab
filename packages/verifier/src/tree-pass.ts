import type { Findings } from "./finding.ts";
import { Frontier } from "./frontier.ts";
import type { FrontierNode } from "./frontier.ts";
import { HASH_BYTES } from "./hash.ts";
import type { LogSource } from "./source.ts";
import { hashAt, rootWithin, TILE_HEIGHT, TILE_WIDTH } from "./tile.ts";

/** Where a pass stands, as plain text: hashes are base64. */
export interface PassState {
  readonly frontier: readonly { readonly height: number; readonly hash: string }[];
  /** of each level from 1: the hashes of its last tile, which is not full */
  readonly edges: readonly { readonly index: number; readonly hashes: string }[];
  readonly roots: readonly { readonly size: number; readonly root: string }[];
}

interface Edge {
  /** of the tile */
  index: number;
  hashes: Buffer[];
}

/**
 * One way through the leaves of a log, tile by tile. Derives the tiles above, compares them with those that are stored, and
 * tells the roots at the sizes that were asked for. Holds a tile of each level, however large the log is.
 */
export class TreePass {
  readonly roots = new Map<number, Buffer>();
  readonly #source: LogSource;
  readonly #findings: Findings;
  /** sizes whose roots are still to be told, smallest last */
  #asked: number[];
  #frontier = new Frontier();
  #edges: Edge[] = [];

  /** @param sizes at which the root is asked for */
  constructor(source: LogSource, findings: Findings, sizes: readonly number[]) {
    this.#source = source;
    this.#findings = findings;
    this.#asked = [...new Set(sizes)].toSorted((left, right) => right - left);
    if (this.#asked.at(-1) === 0) this.roots.set(this.#asked.pop() ?? 0, this.#frontier.root());
  }

  /** @returns another pass that has come as far, and tells its findings elsewhere */
  fork(findings: Findings): TreePass {
    const other = new TreePass(this.#source, findings, this.#asked);
    for (const [size, root] of this.roots) other.roots.set(size, root);
    other.#frontier = this.#frontier.copy();
    other.#edges = this.#edges.map(({ index, hashes }) => ({ index, hashes: [...hashes] }));
    return other;
  }

  /** @param tile hashes of the next leaves; all tiles but the last are full */
  async add(first: number, tile: Buffer): Promise<void> {
    const count = tile.length / HASH_BYTES;
    for (let size = this.#asked.at(-1); size !== undefined && size <= first + count; size = this.#asked.at(-1)) {
      this.#asked.pop();
      const part = this.#frontier.copy();
      addLeaves(part, tile, size - first);
      this.roots.set(size, part.root());
    }
    if (count < TILE_WIDTH) return addLeaves(this.#frontier, tile, count);
    const root = rootWithin(tile, 0, TILE_WIDTH);
    this.#frontier.add(TILE_HEIGHT, root);
    await this.#addAbove(1, root);
  }

  /** Compares what is left: the last tiles, which are not full. */
  async end(): Promise<void> {
    for (const [at, edge] of this.#edges.entries()) if (edge.hashes.length > 0) await this.#compare(at + 1, edge);
  }

  state(): PassState {
    return {
      frontier: this.#frontier.nodes().map(({ height, hash }) => ({ height, hash: hash.toString("base64") })),
      edges: this.#edges.map(({ index, hashes }) => ({ index, hashes: Buffer.concat(hashes).toString("base64") })),
      roots: [...this.roots].map(([size, root]) => ({ size, root: root.toString("base64") })),
    };
  }

  /** Goes on from where another pass stood; the sizes that it has passed must be among those whose roots it told. */
  resume({ frontier, edges, roots }: PassState, first: number): void {
    const nodes = frontier.map(({ height, hash }): FrontierNode => ({ height, hash: Buffer.from(hash, "base64") }));
    this.#frontier = new Frontier(nodes);
    this.#edges = edges.map(({ index, hashes }) => ({ index, hashes: hashesOf(Buffer.from(hashes, "base64")) }));
    for (const { size, root } of roots) this.roots.set(size, Buffer.from(root, "base64"));
    this.#asked = this.#asked.filter((size) => size > first);
  }

  async #addAbove(level: number, hash: Buffer): Promise<void> {
    const edge = this.#edges[level - 1] ?? { index: 0, hashes: [] };
    this.#edges[level - 1] = edge;
    edge.hashes.push(hash);
    if (edge.hashes.length < TILE_WIDTH) return;
    await this.#compare(level, edge);
    const root = rootWithin(Buffer.concat(edge.hashes), 0, TILE_WIDTH);
    this.#edges[level - 1] = { index: edge.index + 1, hashes: [] };
    await this.#addAbove(level + 1, root);
  }

  async #compare(level: number, { index, hashes }: Edge): Promise<void> {
    const tile = await readTile(this.#source, { level, index, width: hashes.length }, this.#findings);
    if (tile === undefined) return;
    const span = TILE_WIDTH ** level;
    for (const [place, hash] of hashes.entries()) {
      if (hashAt(tile, place).equals(hash)) continue;
      const first = (index * TILE_WIDTH + place) * span;
      const message = `the hashes of level ${level - 1} do not lead to what level ${level} says of them`;
      this.#findings.add("tile_changed", message, first, first + span - 1);
    }
  }
}

const hashesOf = (tile: Buffer): Buffer[] =>
  Array.from({ length: tile.length / HASH_BYTES }, (_, place) => hashAt(tile, place));

function addLeaves(frontier: Frontier, tile: Buffer, count: number): void {
  if (count === TILE_WIDTH) frontier.add(TILE_HEIGHT, rootWithin(tile, 0, TILE_WIDTH));
  else for (let place = 0; place < count; place++) frontier.add(0, Buffer.from(hashAt(tile, place)));
}

/** @returns a tile of the right length; what else is there is a finding */
export async function readTile(
  source: LogSource,
  id: { level: number; index: number; width: number },
  findings: Findings,
): Promise<Buffer | undefined> {
  const span = TILE_WIDTH ** id.level;
  const first = id.index * TILE_WIDTH * span;
  const tile = await source.tile(id);
  if (tile?.length === id.width * HASH_BYTES) return tile;
  const what = tile === undefined ? "is missing" : `has ${tile.length} bytes instead of ${id.width * HASH_BYTES}`;
  findings.add("tile_missing", `tile ${id.index} of level ${id.level} ${what}`, first, first + id.width * span - 1);
  return undefined;
}
