import { accountFor, readDeletion } from "./deletion.ts";
import type { DeletionRecord, EntryRange, ToldDeletion } from "./deletion.ts";
import type { Findings } from "./finding.ts";
import { HASH_BYTES, hashLeaf } from "./hash.ts";
import type { VerifierKey } from "./note.ts";
import type { LogSource } from "./source.ts";
import { hashAt, TILE_WIDTH } from "./tile.ts";
import { readTile } from "./tree-pass.ts";

interface Mismatch {
  readonly index: number;
  /** what the entry hashes to */
  readonly found: Buffer;
  readonly stored: Buffer;
}

/** Entries that are gone, and what the log says of them, as far as it was read. */
export interface Gone {
  readonly missing: readonly EntryRange[];
  readonly records: readonly DeletionRecord[];
}

/** The leaves under one tile. */
interface LeafTile {
  /** as stored; undefined when nothing is there any more and it makes no sense to go on */
  readonly tile: Buffer | undefined;
  /** as the entries make them */
  readonly derived: Buffer;
}

const MISMATCHES_KEPT = 100_000;
/** A checkpoint may promise any number of entries. */
const MISSING_TILES_MAX = 500;

interface About {
  readonly source: LogSource;
  readonly keys: readonly VerifierKey[];
  readonly origin: string;
  readonly size: number;
}

/** Reads entries and tiles of level 0, and keeps in mind where they differ. */
export class Leaves {
  readonly #about: About;
  readonly #findings: Findings;
  readonly #mismatches: Mismatch[] = [];
  /** first and last places of entries that are not there, in order */
  readonly #missing: [number, number][];
  readonly #records: DeletionRecord[];
  #emptyTiles = 0;

  /** @param gone what an earlier run that was cut off had found */
  constructor(about: About, findings: Findings, gone: Gone = { missing: [], records: [] }) {
    this.#about = about;
    this.#findings = findings;
    this.#missing = gone.missing.map(([from, to]) => [from, to]);
    this.#records = [...gone.records];
  }

  get gone(): Gone {
    return { missing: this.#missing, records: this.#records };
  }

  async next(first: number): Promise<LeafTile> {
    const { source, size } = this.#about;
    const id = { index: first / TILE_WIDTH, width: Math.min(TILE_WIDTH, size - first) };
    const entries = await source.entries(id);
    const hashes = Array.from({ length: id.width }, (_, place) => hashOf(entries?.[place]));
    const stored = await readTile(source, { level: 0, ...id }, this.#findings);
    // without a tile the entries have to speak for themselves; of one that is gone its hash alone is left
    const derived = Buffer.concat(
      hashes.map((hash, place) => hash ?? (stored === undefined ? Buffer.alloc(HASH_BYTES) : hashAt(stored, place))),
    );
    this.#emptyTiles = stored === undefined && entries === undefined ? this.#emptyTiles + 1 : 0;
    if (this.#emptyTiles > MISSING_TILES_MAX) {
      this.#findings.add("tile_missing", "nothing is there from here on", first, size - 1);
      return { tile: undefined, derived };
    }
    const tile = stored ?? derived;
    for (const [place, found] of hashes.entries()) this.#compare(first + place, found, hashAt(tile, place));
    for (const [place, entry] of (entries ?? []).slice(0, id.width).entries()) this.#noteDeletion(first + place, entry);
    if (entries !== undefined && entries.length > id.width) {
      const message = "there are more entries than the tile has leaves";
      this.#findings.add("entries_changed", message, first, first + id.width - 1);
    }
    return { tile, derived };
  }

  #compare(index: number, found: Buffer | undefined, stored: Buffer): void {
    if (found === undefined) this.#noteMissing(index);
    else if (!found.equals(stored) && this.#mismatches.length < MISMATCHES_KEPT) {
      this.#mismatches.push({ index, found, stored: Buffer.from(stored) });
    }
  }

  #noteMissing(index: number): void {
    const last = this.#missing.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else this.#missing.push([index, index]);
  }

  #noteDeletion(index: number, entry: Buffer | undefined): void {
    const read = entry === undefined ? undefined : readDeletion(entry, { ...this.#about, index });
    if (read === undefined) return;
    if (typeof read !== "string") this.#records.push(read);
    else this.#findings.add("deletion_not_signed", `entry ${index} says that entries were deleted, but ${read}`, index);
  }

  /** Tells of what is gone without a record of its deletion. @returns the records that account for the rest */
  tellMissing(): readonly ToldDeletion[] {
    const { told, unaccounted } = accountFor(this.#missing, this.#records);
    for (const [from, to] of unaccounted) {
      for (let index = from; index <= to; index++)
        this.#findings.add("entry_missing", `entry ${index} is missing`, index);
    }
    return told;
  }

  tellChangedTiles(): void {
    for (const { index } of this.#mismatches) {
      this.#findings.add("tile_changed", `the hash of entry ${index} in its tile is not that of the entry`, index);
    }
  }

  /** An entry that has the hash of another place was moved there; any other was changed. */
  tellChangedEntries(): void {
    const places = new Map(this.#mismatches.map(({ stored, index }) => [stored.toString("hex"), index]));
    for (const { index, found } of this.#mismatches) {
      const from = places.get(found.toString("hex"));
      if (from === undefined) this.#findings.add("entry_changed", `entry ${index} is not what was logged`, index);
      else this.#findings.add("entry_moved", `entry ${index} was logged as entry ${from}`, index);
    }
  }
}

const hashOf = (entry: Buffer | undefined): Buffer | undefined => (entry === undefined ? undefined : hashLeaf(entry));
