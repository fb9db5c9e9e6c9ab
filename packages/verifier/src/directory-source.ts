import { lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { readBundle } from "./entries.ts";
import { HASH_BYTES } from "./hash.ts";
import type { LogSource } from "./source.ts";
import { entriesPath, TILE_WIDTH, tilePath } from "./tile.ts";

/** Beside C2SP tlog-tiles: earlier checkpoints, named by their size, and the keys that signed. */
export const HEADS = "heads";
export const KEYS = "keys";
export const KEY_CHANGES = "key-changes";
export const CHECKPOINT = "checkpoint";

const NOTE_BYTES_MAX = 64 * 1024;
const BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + 0xffff);
const HEADS_MAX = 100_000;
const KEY_CHANGES_MAX = 1_000;

/** Reads a log from a directory in the layout of C2SP tlog-tiles. Links, devices and files that are too large are not read. */
export function createDirectorySource(directory: string): LogSource {
  const read = (name: string, bytesMax: number) => readPlainFile(path.join(directory, name), bytesMax);
  return {
    checkpoint: async () => read(CHECKPOINT, NOTE_BYTES_MAX)?.toString("utf8"),
    heads: async () =>
      listNumbered(directory, HEADS, HEADS_MAX).flatMap((name) => {
        const note = read(name, NOTE_BYTES_MAX)?.toString("utf8");
        return note === undefined ? [] : [{ name, note }];
      }),
    keyChanges: async () =>
      listNumbered(directory, KEY_CHANGES, KEY_CHANGES_MAX).flatMap(
        (name) => read(name, NOTE_BYTES_MAX)?.toString("utf8") ?? [],
      ),
    tile: async (id) => read(tilePath(id), TILE_WIDTH * HASH_BYTES),
    entries: async (id) => {
      const bytes = read(entriesPath(id), BUNDLE_BYTES_MAX);
      return bytes === undefined
        ? undefined
        : readBundle(bytes)?.map((entry) => (entry.length === 0 ? undefined : entry));
    },
  };
}

function listNumbered(directory: string, folder: string, max: number): string[] {
  try {
    return readdirSync(path.join(directory, folder))
      .filter((name) => /^\d{1,16}$/.test(name))
      .slice(0, max)
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

/** @returns the bytes of a regular file, or undefined */
export function readPlainFile(file: string, bytesMax: number): Buffer | undefined {
  try {
    const facts = lstatSync(file);
    return facts.isFile() && facts.size <= bytesMax ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  }
}
