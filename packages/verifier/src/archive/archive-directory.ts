import { constants, lstatSync } from "node:fs";
import type { Dirent } from "node:fs";
import { open, opendir } from "node:fs/promises";
import path from "node:path";
import { ARCHIVE_FILES } from "./archive-format.ts";
import { ArchiveFault, noContent } from "./archive-source.ts";
import type { ArchiveEntry, ArchiveSource } from "./archive-source.ts";

const ENTRIES_MAX = 300_000;

/** Gives the files of an archive's directory. Links are never followed, pipes and devices never opened. */
export async function* readArchiveDirectory(directory: string): ArchiveSource {
  let entries = 0;
  for await (const entry of readDirectory(directory, "")) {
    if (++entries > ENTRIES_MAX) throw new ArchiveFault(`holds more than ${ENTRIES_MAX} files`);
    yield entry;
  }
}

async function* readDirectory(directory: string, within: string): AsyncGenerator<ArchiveEntry> {
  let names: AsyncIterable<Dirent>;
  try {
    names = await opendir(path.join(directory, within));
  } catch {
    throw new ArchiveFault("cannot be read");
  }
  for await (const { name } of names) {
    const inside = within === "" ? name : `${within}/${name}`;
    const kind = kindOf(path.join(directory, inside));
    if (inside === ARCHIVE_FILES.blobs && kind === "directory") yield* readDirectory(directory, inside);
    else yield { name: inside, kind, fault: null, content: () => readFile(path.join(directory, inside)) };
  }
}

function kindOf(file: string): ArchiveEntry["kind"] {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  if (facts?.isFile() === true) return "file";
  return facts?.isDirectory() === true ? "directory" : "other";
}

async function* readFile(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // what was a file a moment ago may be another thing now
    if (!(await handle.stat()).isFile()) yield* noContent();
    else yield* handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
  } finally {
    await handle.close();
  }
}
