import { decompress, init } from "@bokuweb/zstd-wasm";
import { findZstdFrame } from "../kernel/index.ts";

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

const FRAMES_MAX = 1_000;

interface Frame {
  readonly start: number;
  readonly end: number;
  readonly isSizeKnown: boolean;
}

function findFrames(body: Buffer, bytesMax: number): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0, count = 0; start < body.length; count++) {
    if (count === FRAMES_MAX) throw new Error(`more than ${FRAMES_MAX} frames`);
    const frame = findZstdFrame(body, start);
    if (frame === undefined) throw new Error("the last frame ends too soon");
    const { isData, end, contentBytes } = frame;
    if ((contentBytes ?? 0) > bytesMax) throw new TooLargeError(`more than ${bytesMax} bytes`);
    if (isData) frames.push({ start, end, isSizeKnown: contentBytes !== null });
    start = end;
  }
  if (frames.length === 0) throw new Error("there is no frame");
  return frames;
}
