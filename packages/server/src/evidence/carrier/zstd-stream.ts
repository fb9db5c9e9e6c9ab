import { compress, decompress, init } from "@bokuweb/zstd-wasm";
import { ArchiveFault } from "@firebreak/verifier";
import { findZstdFrame } from "../../kernel/index.ts";

/** Each frame holds this much: packing and unpacking need no more memory than for one. */
const FRAME_CONTENT_BYTES = 1024 * 1024;
/** Of others' archives, which may be packed in larger frames. */
const CONTENT_BYTES_MAX = 8 * 1024 * 1024;
const FRAME_BYTES_MAX = 9 * 1024 * 1024;
const LEVEL = 3;

export interface UnpackLimits {
  /** what it may unpack to */
  readonly bytesMax: number;
  /** by how much it may be larger than the packed bytes, once it is larger than `ratioFromBytes` */
  readonly ratioMax: number;
}

const RATIO_FROM_BYTES = 256 * 1024 * 1024;

let ready: Promise<void> | undefined;

/** Packs a stream as Zstandard, in frames of one mebibyte. The same bytes give the same file. */
export async function* packZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  await (ready ??= init());
  const frame = Buffer.alloc(FRAME_CONTENT_BYTES);
  let filled = 0;
  for await (const piece of source) {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + FRAME_CONTENT_BYTES - filled);
      frame.set(part, filled);
      filled += part.length;
      start += part.length;
      if (filled < FRAME_CONTENT_BYTES) continue;
      yield Buffer.from(compress(frame, LEVEL));
      filled = 0;
    }
  }
  if (filled > 0) yield Buffer.from(compress(frame.subarray(0, filled), LEVEL));
}

/**
 * Unpacks a stream of Zstandard frame by frame. A frame that is larger than an archive's may be is refused unread.
 *
 * @throws ArchiveFault when it is damaged, or larger than the limits
 */
export async function* unpackZstd(source: AsyncIterable<Uint8Array>, limits: UnpackLimits): AsyncGenerator<Buffer> {
  await (ready ??= init());
  let waiting: Buffer = Buffer.alloc(0);
  let [packed, unpacked] = [0, 0];
  for await (const piece of source) {
    waiting = Buffer.concat([waiting, piece]);
    packed += piece.length;
    for (let frame = nextFrame(waiting); frame !== null; frame = nextFrame(waiting)) {
      const content = frame.isData ? unpackFrame(waiting.subarray(0, frame.end), frame.contentBytes) : Buffer.alloc(0);
      waiting = waiting.subarray(frame.end);
      unpacked += content.length;
      checkLimits(packed, unpacked, limits);
      yield content;
    }
  }
  if (waiting.length > 0 || packed === 0) throw new ArchiveFault("ends too soon");
}

function nextFrame(waiting: Buffer): { isData: boolean; end: number; contentBytes: number | null } | null {
  if (waiting.length === 0) return null;
  const frame = attempt(() => findZstdFrame(waiting, 0));
  if (frame === undefined && waiting.length > FRAME_BYTES_MAX) throw tooLargeFrame();
  return frame ?? null;
}

function unpackFrame(frame: Buffer, contentBytes: number | null): Buffer {
  if (frame.length > FRAME_BYTES_MAX || (contentBytes ?? 0) > CONTENT_BYTES_MAX) throw tooLargeFrame();
  return Buffer.from(attempt(() => decompress(frame, { defaultHeapSize: contentBytes ?? CONTENT_BYTES_MAX })));
}

function tooLargeFrame(): ArchiveFault {
  return new ArchiveFault("is packed in larger pieces than Firebreak packs: unpack it with zstd -d, and take the .tar");
}

function attempt<T>(unpack: () => T): T {
  try {
    return unpack();
  } catch (cause) {
    if (cause instanceof ArchiveFault) throw cause;
    throw new ArchiveFault("is not Zstandard, or is damaged", { cause });
  }
}

function checkLimits(packed: number, unpacked: number, { bytesMax, ratioMax }: UnpackLimits): void {
  if (unpacked > bytesMax) throw new ArchiveFault(`unpacks to more than ${bytesMax} bytes, the limit`);
  if (unpacked > RATIO_FROM_BYTES && unpacked > packed * ratioMax) {
    throw new ArchiveFault(`unpacks to more than ${ratioMax} times its size, the limit`);
  }
}
