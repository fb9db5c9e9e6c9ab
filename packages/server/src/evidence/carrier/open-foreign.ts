import type { EvidencePreview } from "@firebreak/protocol";
import { ARCHIVE_FILES, verifyArchive } from "@firebreak/verifier";
import type { ArchiveItem, ArchiveVerdict } from "@firebreak/verifier";
import { OperatorError } from "../../kernel/index.ts";
import { PREVIEW_BYTES, showPart } from "../preview-item.ts";
import { openCarrier } from "./open-carrier.ts";
import type { Carrier, UnpackLimits } from "./open-carrier.ts";

/** An archive that came from elsewhere, open to be read: nothing of it is unpacked, kept or believed. */
export interface ForeignArchive {
  readonly carrier: Carrier["kind"];
  readonly verdict: ArchiveVerdict;
  /** @throws OperatorError when there is no such item or no content of it */
  preview(item: number): Promise<EvidencePreview>;
  /** gives the whole content of an item */
  content(item: number): AsyncIterable<Uint8Array>;
}

/** @throws OperatorError when it is no archive at all */
export async function openForeign(file: string, limits?: UnpackLimits): Promise<ForeignArchive> {
  const carrier = await openCarrier(file, limits);
  const isCopy = carrier.kind !== "directory";
  const verdict = await verifyArchive({ source: carrier.entries(), carrier: "the archive", isCopy });
  if (verdict.manifest === null) {
    const [first] = verdict.findings;
    throw new OperatorError(`${file} cannot be opened: ${first?.item} ${first?.message}`, "Ask for it again.");
  }
  const items = verdict.manifest.items;
  const find = (index: number): ArchiveItem & { readonly sha256: string } => {
    const item = items[index];
    if (item === undefined) throw new OperatorError(`there is no item ${index}`, "The list shows their numbers.");
    const { sha256 } = item;
    if (sha256 === null)
      throw new OperatorError(`${item.name} could not be had: ${item.reason}`, "There is no content.");
    return { ...item, sha256 };
  };
  return {
    carrier: carrier.kind,
    verdict,
    preview: async (index) => {
      const { name, sha256, bytes } = find(index);
      const part = await takeFirst(blobOf(carrier, sha256), PREVIEW_BYTES);
      return showPart(part, { name, offset: 0, bytesTotal: bytes });
    },
    content: (index) => blobOf(carrier, find(index).sha256),
  };
}

async function* blobOf(carrier: Carrier, sha256: string): AsyncGenerator<Uint8Array> {
  for await (const entry of carrier.entries()) {
    if (entry.name !== `${ARCHIVE_FILES.blobs}/${sha256}` || entry.kind !== "file" || entry.fault !== null) continue;
    yield* entry.content();
    return;
  }
  throw new OperatorError(`the archive lacks the content ${sha256}`, "Verify it.");
}

async function takeFirst(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of source) {
    parts.push(Buffer.from(part));
    bytes += part.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, bytesMax);
}
