import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import type { EvidenceManifestView } from "@firebreak/protocol";
import { parseManifest } from "@firebreak/verifier";
import type { ArchiveItem, ArchiveManifest } from "@firebreak/verifier";
import { FirebreakError } from "../kernel/index.ts";
import { FILES } from "./manifest.ts";

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const PAGE = 500;

/** @throws FirebreakError conflict when the manifest is not one any more */
export async function readManifest(directory: string): Promise<ArchiveManifest> {
  const handle = await openPlain(path.join(directory, FILES.manifest));
  try {
    if ((await handle.stat()).size > MANIFEST_BYTES_MAX) throw damaged("its manifest is too large");
    const parsed = parseManifest(await handle.readFile());
    if (!parsed.ok) throw damaged(`its manifest ${parsed.why}`);
    return parsed.value;
  } finally {
    await handle.close();
  }
}

/** @returns what the manifest says, with a page of its items */
export async function viewManifest(
  archive: { readonly id: string; readonly directory: string; readonly manifestSha256: string },
  from: number,
): Promise<EvidenceManifestView> {
  const manifest = await readManifest(archive.directory);
  const states = { collected: 0, degraded: 0, failed: 0 };
  for (const { state } of manifest.items) states[state] += 1;
  const { collector, hostname, platform, startedAt, completedAt, reason } = manifest;
  const items = manifest.items.slice(from, from + PAGE).map((item, index) => ({ ...item, index: from + index }));
  const next = from + PAGE < manifest.items.length ? from + PAGE : null;
  const { id, manifestSha256 } = archive;
  return { id, collector, hostname, platform, startedAt, completedAt, reason, manifestSha256, states, items, next };
}

export interface OpenItem {
  readonly item: ArchiveItem;
  readonly handle: FileHandle;
  readonly bytes: number;
}

/** Opens the content of one item to be read. @throws FirebreakError not_found, conflict */
export async function openItem(directory: string, index: number): Promise<OpenItem> {
  const item = (await readManifest(directory)).items[index];
  if (item === undefined) throw new FirebreakError("not_found", `the archive has no item ${index}`);
  if (item.sha256 === null)
    throw new FirebreakError("not_found", `${item.name} could not be had: ${item.reason ?? ""}`);
  const handle = await openPlain(blobFile(directory, item.sha256));
  return { item, handle, bytes: (await handle.stat()).size };
}

/** Opens the content of one item after the other; whoever asks closes each. @throws FirebreakError conflict */
export async function* openItems(directory: string): AsyncGenerator<OpenItem> {
  for (const item of (await readManifest(directory)).items) {
    if (item.sha256 === null) continue;
    const handle = await openPlain(blobFile(directory, item.sha256));
    yield { item, handle, bytes: (await handle.stat()).size };
  }
}

/** Where the content of an item lies; what is there must be opened as one opens what others may have changed. */
export function blobFile(directory: string, sha256: string): string {
  return path.join(directory, FILES.blobs, sha256);
}

/** Gives the content of an open item, and closes it. */
export async function* readContent(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  try {
    if (bytes > 0) yield* handle.createReadStream({ autoClose: false, end: bytes - 1, highWaterMark: 256 * 1024 });
  } finally {
    await handle.close();
  }
}

/** A link, a pipe or a device in the place of a file is never opened for what it is. */
async function openPlain(file: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw damaged(`${path.basename(file)} is missing or no plain file`, cause);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw damaged(`${path.basename(file)} is no plain file`);
}

function damaged(why: string, cause?: unknown): FirebreakError {
  return new FirebreakError("conflict", `the archive is not as it was sealed: ${why}; verify it`, { cause });
}
