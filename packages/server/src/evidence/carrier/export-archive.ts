import path from "node:path";
import { readFile } from "node:fs/promises";
import { ARCHIVE_FILES, parseManifest } from "@firebreak/verifier";
import { FirebreakError } from "../../kernel/index.ts";
import { writeArchiveTar } from "./write-tar.ts";
import { packZstd } from "./zstd-stream.ts";

/**
 * Gives a sealed archive as one tar.zst file. Its times are those of the manifest, so that the same archive, with the same
 * custody, gives the same bytes.
 *
 * @throws FirebreakError conflict when the manifest cannot be read
 */
export async function exportArchive(directory: string): Promise<AsyncGenerator<Buffer>> {
  const manifest = parseManifest(await readFile(path.join(directory, ARCHIVE_FILES.manifest)));
  if (!manifest.ok) throw new FirebreakError("conflict", `the manifest ${manifest.why}: verify the archive`);
  const { archiveId, completedAt } = manifest.value;
  const timeMs = Date.parse(completedAt);
  return packZstd(writeArchiveTar(directory, archiveId, Number.isNaN(timeMs) ? 0 : timeMs));
}
