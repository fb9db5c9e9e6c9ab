import { decompress, init } from "@bokuweb/zstd-wasm";

export class TooLargeError extends Error {}

let ready: Promise<void> | undefined;

/**
 * Unpacks Zstandard (RFC 8878); Node.js 20 has none. The headers of all frames are looked at first: a few bytes could ask
 * for gigabytes of window or output.
 *
 * @throws TooLargeError when there is more than `bytesMax`; Error when the bytes are not Zstandard, or end too soon
 */
export async function unzstd(body: Buffer, bytesMax: number): Promise<Buffer> {
  const frames = findFrames(body, bytesMax);
  await (ready ??= init());
  const parts: Uint8Array[] = [];
  let left = bytesMax;
  for (const { start, end, isSizeKnown } of frames) {
    const part = unpackFrame(body.subarray(start, end), left, isSizeKnown);
    left -= part.length;
    if (left < 0) throw new TooLargeError(`more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `ZSTD_error_dstSize_tooSmall`: what the library says when the output does not fit. */
const TOO_SMALL = /-70$/;

function unpackFrame(frame: Buffer, left: number, isSizeKnown: boolean): Uint8Array {
  try {
    return decompress(frame, { defaultHeapSize: left });
  } catch (error) {
    const isTooLarge = !isSizeKnown && error instanceof Error && TOO_SMALL.test(error.message);
    throw isTooLarge ? new TooLargeError(`more than ${left} bytes`) : error;
  }
}

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const FRAMES_MAX = 1_000;

interface Frame {
  readonly start: number;
  readonly end: number;
  readonly isSizeKnown: boolean;
}

/** Walks frames and blocks by their headers (RFC 8878, sections 3.1.1 and 3.1.2) without unpacking any. */
function findFrames(body: Buffer, bytesMax: number): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < body.length;) {
    if (frames.length === FRAMES_MAX) throw new Error(`more than ${FRAMES_MAX} frames`);
    const magic = body.readUInt32LE(at);
    const isSkippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
    if (!isSkippable && magic !== FRAME_MAGIC) throw new Error("a frame does not begin as one");
    const frame = isSkippable ? undefined : readFrame(body, at, bytesMax);
    at = frame?.end ?? at + 8 + body.readUInt32LE(at + 4);
    if (at > body.length) throw new Error("the last frame ends too soon");
    if (frame !== undefined) frames.push(frame);
  }
  if (frames.length === 0) throw new Error("there is no frame");
  return frames;
}

function readFrame(body: Buffer, start: number, bytesMax: number): Frame {
  const descriptor = body.readUInt8(start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 3) !== 0) throw new Error("the frame needs a dictionary");
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1);
  const isSizeKnown = sizeBytes > 0;
  if (isSizeKnown && readSize(body, sizeAt, sizeBytes) > bytesMax)
    throw new TooLargeError(`more than ${bytesMax} bytes`);
  let at = sizeAt + sizeBytes;
  for (let isLast = false; !isLast;) {
    const header = body.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    // a run-length block holds one byte however long it unpacks to
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return { start, end: at + ((descriptor & 4) === 0 ? 0 : 4), isSizeKnown };
}

function readSize(body: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(body.readBigUInt64LE(at));
  return body.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
