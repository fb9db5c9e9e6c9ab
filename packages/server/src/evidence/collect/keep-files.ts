import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf } from "../../kernel/index.ts";
import type { Scene } from "./collector.ts";
import { nameOfFile } from "./item-name.ts";
import type { ItemSink } from "./item-sink.ts";
import {
  describeTree,
  gapsOf,
  listTree,
  openInTree,
  openPlainFile,
  readPlainText,
  readTextInTree,
} from "./plain-files.ts";
import type { TreeEntry } from "./plain-files.ts";
import type { RedactedDocument } from "./redact-document.ts";

const ENTRIES_MAX = { quick: 20_000, standard: 50_000, full: 200_000 } as const;
const PASSED_OVER = new Set(["node_modules", ".git", "__pycache__"]);
const CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024;

export interface KeptTree {
  readonly root: string;
  readonly entries: readonly TreeEntry[];
}

export interface TreeWish {
  /** what it is, for the archive */
  readonly what: string;
  readonly prefix: string;
  readonly wants: (entry: TreeEntry) => boolean;
}

/**
 * Lists a directory of an agent's runtime and keeps the files that are wanted, the newest first.
 *
 * @returns null when there is no such directory
 */
export async function keepTree(
  scene: Scene,
  root: string,
  { what, prefix, wants }: TreeWish,
  sink: ItemSink,
  signal: AbortSignal,
): Promise<KeptTree | null> {
  const facts = { name: `${nameOfFile(prefix, root)}/files.json`, description: `the list of ${what}` };
  try {
    const options = { entriesMax: ENTRIES_MAX[scene.level], excluded: [scene.home], passOver: PASSED_OVER, signal };
    const listing = await listTree(root, options);
    const metadata = { root, entries: listing.entries.length };
    sink.json({ ...facts, metadata, degraded: gapsOf(listing) }, describeTree(listing));
    const wanted = listing.entries.filter((entry) => entry.type === "file" && wants(entry));
    for (const entry of wanted.toSorted((a, b) => b.modifiedAtMs - a.modifiedAtMs)) {
      signal.throwIfAborted();
      await keepEntry(root, entry, { name: `${nameOfFile(prefix, root)}/${entry.path}`, description: what }, sink);
    }
    return { root, entries: listing.entries };
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    if (signal.aborted) throw fault;
    sink.fail(facts, messageOf(fault));
    return null;
  }
}

async function keepEntry(
  root: string,
  entry: TreeEntry,
  facts: { name: string; description: string },
  sink: ItemSink,
): Promise<void> {
  try {
    const handle = await openInTree(root, entry);
    if (handle === null) return sink.fail(facts, "something else stands there by now");
    await sink.file({ ...facts, metadata: { owner: entry.owner, mode: entry.mode } }, handle, "last");
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  }
}

/** Keeps one file by its path as it is. @returns false when there is none */
export async function keepFile(
  sink: ItemSink,
  file: string,
  facts: { name: string; description: string },
  keep: "first" | "last" = "last",
): Promise<boolean> {
  try {
    await sink.file({ ...facts, metadata: { path: file } }, await openPlainFile(file), keep);
  } catch (fault) {
    if (isMissing(fault)) return false;
    sink.fail(facts, messageOf(fault));
  }
  return true;
}

/** A file by its path, or below a directory that an agent may write in: there no link is followed on the way. */
export type TextPlace = string | { readonly root: string; readonly relative: string };

export const pathOf = (place: TextPlace) => (typeof place === "string" ? place : path.join(place.root, place.relative));

/** Keeps one text without its secrets. @returns false when there is none */
export async function keepRedacted(
  sink: ItemSink,
  place: TextPlace,
  facts: { name: string; description: string },
  redact: (fileName: string, text: string) => RedactedDocument,
): Promise<boolean> {
  try {
    const file = pathOf(place);
    const max = CONFIGURATION_BYTES_MAX + 1;
    const text = await (typeof place === "string"
      ? readPlainText(place, max)
      : readTextInTree(place.root, place.relative, max));
    if (text === null) return false;
    const { text: kept, redactions } = redact(file, text.slice(0, CONFIGURATION_BYTES_MAX));
    const degraded = text.length > CONFIGURATION_BYTES_MAX ? "only its first 4 MiB were kept" : undefined;
    sink.bytes({ ...facts, metadata: { path: file, redactions }, degraded }, Buffer.from(kept));
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  }
  return true;
}

const isMissing = (fault: unknown) => codeOf(fault) === "ENOENT" || codeOf(fault) === "ENOTDIR";

/**
 * Where a runtime's directory in somebody's home truly lies. A link is followed only to what lies in the same home: an agent
 * could lead it anywhere.
 *
 * @returns null when there is none; the path itself when it leads elsewhere, so that whoever opens it refuses it by name
 */
export async function placeInHome(home: string, name: string): Promise<string | null> {
  const place = path.resolve(home, name);
  try {
    if (!(await lstat(place)).isSymbolicLink()) return place;
    const [real, realHome] = await Promise.all([realpath(place), realpath(home)]);
    return real.startsWith(`${realHome}/`) ? real : place;
  } catch (fault) {
    if (isMissing(fault)) return null;
    return place;
  }
}
