import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { accountFor, readDeletion } from "./deletion.ts";
import type { DeletionRecord, EntryRange, ToldDeletion } from "./deletion.ts";
import { Findings } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { Frontier } from "./frontier.ts";
import { HASH_BYTES, hashLeaf } from "./hash.ts";
import { isSignedBy, parseNote } from "./note.ts";
import type { VerifierKey } from "./note.ts";
import type { Head, LogSource } from "./source.ts";
import { hashAt, hashesAt, rootWithin, TILE_HEIGHT, TILE_WIDTH } from "./tile.ts";
import { TreeReader } from "./tree.ts";

export interface VerifyOptions {
  readonly source: LogSource;
  /** whose signatures count */
  readonly keys: readonly VerifierKey[];
  /** checkpoints that were kept elsewhere: only they show that a whole log was replaced */
  readonly trusted?: readonly Head[];
  /** told after every tile: leaves looked at, and how many there are */
  readonly onProgress?: (done: number, size: number) => void;
}

export interface LogVerdict {
  readonly intact: boolean;
  readonly origin: string | null;
  readonly size: number;
  /** base64 */
  readonly root: string | null;
  /** earlier and trusted checkpoints that were compared */
  readonly heads: number;
  /** how many there are; the first thousand are in `findings` */
  readonly findingsTotal: number;
  readonly findings: readonly Finding[];
  /** entries that are gone, as signed records in the log itself say; the hash of each is there */
  readonly deletedTotal: number;
  /** those records, the first thousand */
  readonly deletions: readonly ToldDeletion[];
}

/**
 * Verifies a whole log: derives every hash from the entries, and compares it with the tiles, the tiles with each other, and
 * the roots with the signed checkpoint, with those kept beside the log, and with the trusted ones. Says which entry was
 * changed, removed or moved, or between which it must have been when nothing tells more.
 */
export async function verifyLog(options: VerifyOptions): Promise<LogVerdict> {
  const findings = new Findings();
  const checkpoint = await readNewest(options, findings);
  if (checkpoint === undefined) return verdictOf(findings, null, 0, []);
  const { leaves, deletions } = await readLeaves(options, checkpoint, findings);
  const levels = await checkUpperTiles(options.source, checkpoint.size, leaves, findings);
  const heads = await checkHeads(options, checkpoint, { leaves, levels }, findings);
  return verdictOf(findings, checkpoint, heads, deletions);
}

const DELETIONS_TOLD_MAX = 1000;

function verdictOf(
  findings: Findings,
  checkpoint: Checkpoint | null,
  heads: number,
  deletions: readonly ToldDeletion[],
): LogVerdict {
  return {
    intact: findings.total === 0,
    origin: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? 0,
    root: checkpoint?.root.toString("base64") ?? null,
    heads,
    findingsTotal: findings.total,
    findings: findings.kept,
    deletedTotal: deletions.reduce((total, { entries }) => total + entries, 0),
    deletions: deletions.slice(0, DELETIONS_TOLD_MAX),
  };
}

async function readNewest({ source, keys }: VerifyOptions, findings: Findings): Promise<Checkpoint | undefined> {
  const note = await source.checkpoint();
  if (note === undefined) findings.add("checkpoint_missing", "there is no signed checkpoint");
  return note === undefined ? undefined : readHead({ name: "the checkpoint", note }, keys, findings);
}

/** @returns what the note says, also when nobody known signed it: that is a finding */
function readHead({ name, note }: Head, keys: readonly VerifierKey[], findings: Findings): Checkpoint | undefined {
  const signed = parseNote(note);
  const checkpoint = signed === undefined ? undefined : parseCheckpoint(signed.text);
  if (signed === undefined || checkpoint === undefined) {
    findings.add("checkpoint_unreadable", `${name} is no signed checkpoint`);
    return undefined;
  }
  if (!isSignedBy(signed, keys)) {
    findings.add("checkpoint_not_signed", `${name} bears no valid signature of a known key`);
  }
  return checkpoint;
}

/** Hashes of leaves, tile by tile, as they must have been when the log was written, as far as that can be told. */
interface Leaves {
  readonly tiles: readonly Buffer[];
  readonly root: Buffer;
}

interface Mismatch {
  readonly index: number;
  /** what the entry hashes to */
  readonly found: Buffer;
  readonly stored: Buffer;
}

const MISMATCHES_KEPT = 100_000;

/** What differs between entries and tiles of level 0, as it is read. */
class Differences {
  readonly mismatches: Mismatch[] = [];
  /** first and last places of entries that are not there, in order */
  readonly missing: [number, number][] = [];
  readonly records: DeletionRecord[] = [];
  /** of tiles that differ from their entries: the hashes of these */
  readonly derivedTiles = new Map<number, Buffer>();

  note(index: number, found: Buffer | undefined, stored: Buffer): void {
    if (found === undefined) this.#noteMissing(index);
    else if (this.mismatches.length < MISMATCHES_KEPT) this.mismatches.push({ index, found, stored });
  }

  #noteMissing(index: number): void {
    const last = this.missing.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else this.missing.push([index, index]);
  }
}

/**
 * Reads entries and tiles of level 0. Where they differ, the checkpoint tells which of them is right: those that lead to
 * its root.
 */
async function readLeaves(
  options: VerifyOptions,
  checkpoint: Checkpoint,
  findings: Findings,
): Promise<{ readonly leaves: Leaves; readonly deletions: readonly ToldDeletion[] }> {
  const { size, root } = checkpoint;
  const differences = new Differences();
  const tiles: Buffer[] = [];
  for (let first = 0; first < size; first += TILE_WIDTH) {
    const id = { index: first / TILE_WIDTH, width: Math.min(TILE_WIDTH, size - first) };
    tiles.push(await readPiece(options, checkpoint, id, differences, findings));
    options.onProgress?.(first + id.width, size);
  }
  const { told, unaccounted } = accountFor(differences.missing, differences.records);
  tellMissing(unaccounted, findings);
  const { mismatches, derivedTiles } = differences;
  const stored = { tiles, root: rootOf(tiles) };
  if (derivedTiles.size === 0 || stored.root.equals(root)) {
    tellMismatches(mismatches, findings);
    return { leaves: stored, deletions: told };
  }
  const corrected = tiles.map((tile, index) => derivedTiles.get(index) ?? tile);
  const derivedRoot = rootOf(corrected);
  if (!derivedRoot.equals(root)) {
    tellMismatches(mismatches, findings);
    return { leaves: stored, deletions: told };
  }
  for (const { index } of mismatches) {
    findings.add("tile_changed", `the hash of entry ${index} in its tile is not that of the entry`, index);
  }
  return { leaves: { tiles: corrected, root: derivedRoot }, deletions: told };
}

/** Reads the entries under one tile. @returns the tile */
async function readPiece(
  { source, keys }: VerifyOptions,
  { origin }: Checkpoint,
  id: { readonly index: number; readonly width: number },
  differences: Differences,
  findings: Findings,
): Promise<Buffer> {
  const first = id.index * TILE_WIDTH;
  const entries = (await source.entries(id)) ?? [];
  const hashes = Array.from({ length: id.width }, (_, place) => hashOf(entries[place]));
  const stored = await readTile(source, { level: 0, ...id }, findings);
  // without a tile the entries have to speak for themselves; of one that is gone its hash alone is left
  const derived = Buffer.concat(
    hashes.map((hash, place) => hash ?? (stored === undefined ? Buffer.alloc(HASH_BYTES) : hashAt(stored, place))),
  );
  const tile = stored ?? derived;
  for (const [place, found] of hashes.entries()) {
    const entry = entries[place];
    if (entry !== undefined) noteDeletion(entry, { index: first + place, origin, keys }, differences, findings);
    const hash = hashAt(tile, place);
    if (found?.equals(hash) === true) continue;
    if (found !== undefined) differences.derivedTiles.set(id.index, derived);
    differences.note(first + place, found, hash);
  }
  if (entries.length > id.width) {
    findings.add("entries_changed", "there are more entries than the tile has leaves", first, first + id.width - 1);
  }
  return tile;
}

function noteDeletion(
  entry: Buffer,
  about: { readonly index: number; readonly origin: string; readonly keys: readonly VerifierKey[] },
  differences: Differences,
  findings: Findings,
): void {
  const read = readDeletion(entry, about);
  if (read === undefined) return;
  if (typeof read !== "string") differences.records.push(read);
  else
    findings.add(
      "deletion_not_signed",
      `entry ${about.index} says that entries were deleted, but ${read}`,
      about.index,
    );
}

const hashOf = (entry: Buffer | undefined): Buffer | undefined => (entry === undefined ? undefined : hashLeaf(entry));

function tellMissing(ranges: readonly EntryRange[], findings: Findings): void {
  for (const [from, to] of ranges) {
    for (let index = from; index <= to; index++) findings.add("entry_missing", `entry ${index} is missing`, index);
  }
}

async function readTile(
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

/** An entry that has the hash of another place was moved there; any other was changed. */
function tellMismatches(mismatches: readonly Mismatch[], findings: Findings): void {
  const places = new Map(mismatches.map(({ stored, index }) => [stored.toString("hex"), index]));
  for (const { index, found } of mismatches) {
    const from = places.get(found.toString("hex"));
    if (from === undefined) findings.add("entry_changed", `entry ${index} is not what was logged`, index);
    else findings.add("entry_moved", `entry ${index} was logged as entry ${from}`, index);
  }
}

function rootOf(tiles: readonly Buffer[]): Buffer {
  const frontier = new Frontier();
  for (const tile of tiles) {
    const count = tile.length / HASH_BYTES;
    if (count === TILE_WIDTH) frontier.add(TILE_HEIGHT, rootWithin(tile, 0, TILE_WIDTH));
    else for (let place = 0; place < count; place++) frontier.add(0, Buffer.from(hashAt(tile, place)));
  }
  return frontier.root();
}

/** @returns the tiles of the upper levels as they follow from the leaves */
async function checkUpperTiles(
  source: LogSource,
  size: number,
  leaves: Leaves,
  findings: Findings,
): Promise<readonly (readonly Buffer[])[]> {
  const levels: (readonly Buffer[])[] = [leaves.tiles];
  for (let level = 1, below = leaves.tiles; hashesAt(level, size) > 0; level++) {
    const count = hashesAt(level, size);
    const tiles: Buffer[] = [];
    for (let index = 0; index * TILE_WIDTH < count; index++) {
      const width = Math.min(TILE_WIDTH, count - index * TILE_WIDTH);
      const derived = below
        .slice(index * TILE_WIDTH, index * TILE_WIDTH + width)
        .map((tile) => rootWithin(tile, 0, TILE_WIDTH));
      tiles.push(Buffer.concat(derived));
      const tile = await readTile(source, { level, index, width }, findings);
      if (tile !== undefined) compareTile(tile, derived, { level, index }, findings);
    }
    levels.push(tiles);
    below = tiles;
  }
  return levels;
}

function compareTile(
  tile: Buffer,
  derived: readonly Buffer[],
  { level, index }: { level: number; index: number },
  findings: Findings,
): void {
  const span = TILE_WIDTH ** level;
  for (const [place, hash] of derived.entries()) {
    if (hashAt(tile, place).equals(hash)) continue;
    const first = (index * TILE_WIDTH + place) * span;
    const message = `the hashes of level ${level - 1} do not lead to what level ${level} says of them`;
    findings.add("tile_changed", message, first, first + span - 1);
  }
}

interface Derived {
  readonly leaves: Leaves;
  readonly levels: readonly (readonly Buffer[])[];
}

/** Compares the roots of all checkpoints, oldest first. @returns how many earlier and trusted ones there were */
async function checkHeads(
  options: VerifyOptions,
  newest: Checkpoint,
  { leaves, levels }: Derived,
  findings: Findings,
): Promise<number> {
  const { source, keys, trusted = [] } = options;
  const given = [...(await source.heads()), ...trusted];
  const named = given.flatMap((head) => {
    const checkpoint = readHead(head, keys, findings);
    return checkpoint === undefined ? [] : [{ name: head.name, checkpoint }];
  });
  const all = [...named, { name: "the checkpoint", checkpoint: newest }];
  all.sort((left, right) => left.checkpoint.size - right.checkpoint.size);
  const tree = new TreeReader(newest.size, async ({ level, index }) => levels[level]?.[index] ?? Buffer.alloc(0));
  let agreed = 0;
  for (const { name, checkpoint } of all) {
    const { origin, size, root } = checkpoint;
    if (origin !== newest.origin) findings.add("other_log", `${name} is of the log ${origin}, not ${newest.origin}`);
    else if (size > newest.size) {
      findings.add("truncated", `${name} tells of ${size} entries: the last ones are gone`, newest.size, size - 1);
    } else if ((size === newest.size ? leaves.root : await tree.root(size)).equals(root))
      agreed = Math.max(agreed, size);
    else {
      const message = `${name} tells of another history of the first ${size} entries`;
      findings.add("history_differs", message, Math.min(agreed, Math.max(0, size - 1)), Math.max(0, size - 1));
    }
  }
  return named.length;
}
