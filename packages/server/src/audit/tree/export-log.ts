import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  CHECKPOINT,
  entriesPath,
  HEADS,
  KEY_CHANGES,
  KEYS,
  readCheckpoint,
  TILE_WIDTH,
  tilePath,
  tilesOf,
  writeBundle,
} from "@firebreak/verifier";
import type { LogSource } from "@firebreak/verifier";
import { codeOf, OperatorError } from "../../kernel/index.ts";

export interface LogExport {
  readonly source: LogSource;
  /** as verifiers take them */
  readonly keys: readonly string[];
  /** must not exist, so that nothing is replaced */
  readonly directory: string;
  readonly onProgress?: ((done: number, size: number) => void) | undefined;
}

/**
 * Writes the log as C2SP tlog-tiles lays it out, with the checkpoints that were kept and the keys beside it; an entry that is
 * not stored any more is left empty. What is wrong in the log is exported as it is: to find that is the verifier's task.
 *
 * @returns how many entries there are
 * @throws OperatorError when there is no log yet, or the directory exists
 */
export async function exportLog({
  source,
  keys,
  directory,
  onProgress,
}: LogExport): Promise<{ readonly size: number }> {
  const note = (await source.checkpoint()) ?? "";
  const size = readCheckpoint(note)?.size;
  if (size === undefined) throw new OperatorError("There is no signed checkpoint to export.", "Ask again in a second.");
  makeNew(directory);
  try {
    await writeLog({ source, keys, directory, onProgress }, note, size);
  } catch (fault) {
    // half a log looks like one that was tampered with
    rmSync(directory, { recursive: true, force: true });
    throw fault;
  }
  return { size };
}

function makeNew(directory: string): void {
  mkdirSync(path.dirname(directory), { recursive: true });
  try {
    mkdirSync(directory);
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
    throw new OperatorError(`${directory} exists already.`, "Name a directory that does not exist yet.", { cause });
  }
}

async function writeLog({ source, keys, directory, onProgress }: LogExport, note: string, size: number): Promise<void> {
  const write = (name: string, content: string | Buffer) => {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { flag: "wx" });
  };
  for (const tile of tilesOf(size)) {
    write(tilePath(tile), (await source.tile(tile)) ?? Buffer.alloc(0));
    if (tile.level > 0) continue;
    const entries = (await source.entries(tile)) ?? [];
    write(entriesPath(tile), writeBundle(entries.map((entry) => entry ?? Buffer.alloc(0))));
    onProgress?.(tile.index * TILE_WIDTH + tile.width, size);
  }
  for (const { note: head } of await source.heads()) {
    const kept = readCheckpoint(head);
    if (kept !== undefined && kept.size <= size) write(path.join(HEADS, String(kept.size)), head);
  }
  for (const [at, change] of ((await source.keyChanges?.()) ?? []).entries())
    write(path.join(KEY_CHANGES, String(at)), change);
  write(KEYS, keys.map((key) => `${key}\n`).join(""));
  write(CHECKPOINT, note);
}
