const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

export interface ZstdFrame {
  /** false: a skippable one, which holds nothing */
  readonly isData: boolean;
  /** where the next frame begins */
  readonly end: number;
  /** how long its content says to be; null when it does not say */
  readonly contentBytes: number | null;
}

/**
 * Walks one frame of Zstandard (RFC 8878, sections 3.1.1 and 3.1.2) by the headers of its blocks, without unpacking any.
 *
 * @returns undefined when the bytes end before the frame does; @throws Error when they are no frame
 */
export function findZstdFrame(bytes: Buffer, start: number): ZstdFrame | undefined {
  if (bytes.length < start + 4) return undefined;
  const magic = bytes.readUInt32LE(start);
  const isSkippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
  if (!isSkippable && magic !== FRAME_MAGIC) throw new Error("a frame does not begin as one");
  if (bytes.length < start + 8) return undefined;
  if (isSkippable) {
    const end = start + 8 + bytes.readUInt32LE(start + 4);
    return end > bytes.length ? undefined : { isData: false, end, contentBytes: 0 };
  }
  const descriptor = bytes.readUInt8(start + 4);
  if ((descriptor & 3) !== 0) throw new Error("the frame needs a dictionary");
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1);
  if (sizeAt + sizeBytes > bytes.length) return undefined;
  const contentBytes = sizeBytes === 0 ? null : readSize(bytes, sizeAt, sizeBytes);
  const blocksEnd = findBlocksEnd(bytes, sizeAt + sizeBytes);
  const end = blocksEnd === undefined ? undefined : blocksEnd + ((descriptor & 4) === 0 ? 0 : 4);
  return end === undefined || end > bytes.length ? undefined : { isData: true, end, contentBytes };
}

function findBlocksEnd(bytes: Buffer, start: number): number | undefined {
  let at = start;
  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    // a run-length block holds one byte however long it unpacks to
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return at;
}

function readSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
