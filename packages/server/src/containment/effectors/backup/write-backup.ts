import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, rename, unlink } from "node:fs/promises";
import { codeOf, listingOf } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { manifestOf } from "./manifest.ts";
import type { BackupManifest } from "./manifest.ts";
import { encrypt } from "./openssl-cipher.ts";

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** What a backup is called until it was read back. */
export const partOf = (name: string) => `${name}.part`;

/** Writes a stream to `NAME.part` in the folder, encrypted if there is a key, durably. What was there of it is made anew. */
export async function writePart(
  folder: OpenFolder,
  name: string,
  source: AsyncIterable<Uint8Array>,
  key: string | undefined,
): Promise<Written> {
  await remove(folder, partOf(name));
  const handle = await open(folder.at(partOf(name)), CREATE, 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const piece of key === undefined ? source : encrypt(source, key)) {
      hash.update(piece);
      bytes += piece.length;
      await handle.writeFile(piece);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Gives a backup that was read back its name, with the manifest beside it first: none is without. */
export async function finishBackup(folder: OpenFolder, name: string, manifest: BackupManifest): Promise<void> {
  const beside = manifestOf(name);
  await remove(folder, partOf(beside));
  const handle = await open(folder.at(partOf(beside)), CREATE, 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(folder.at(partOf(beside)), folder.at(beside));
  await rename(folder.at(partOf(name)), folder.at(name));
  await folder.sync();
}

export async function remove(folder: OpenFolder, name: string): Promise<void> {
  await unlink(folder.at(name)).catch((fault: unknown) => {
    if (codeOf(fault) !== "ENOENT") throw fault;
  });
}

/**
 * Removes the oldest backups of a series, with their manifests.
 *
 * @param isOfSeries tells by the name; names of one series sort by their time
 * @param newest is kept in any case, also where another has the same time
 * @returns the names that were removed
 */
export async function keepNewest(
  folder: OpenFolder,
  isOfSeries: (name: string) => boolean,
  { keep, newest }: { readonly keep: number; readonly newest: string },
): Promise<readonly string[]> {
  const names = (await readdir(listingOf(folder))).filter((name) => name !== newest && isOfSeries(name));
  const old = names
    .toSorted()
    .toReversed()
    .slice(keep - 1);
  for (const name of old) {
    await remove(folder, name);
    await remove(folder, manifestOf(name));
  }
  return old;
}
