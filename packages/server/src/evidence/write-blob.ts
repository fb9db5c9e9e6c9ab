import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { messageOf } from "../kernel/index.ts";

export interface WrittenBlob {
  readonly sha256: string;
  readonly bytes: number;
  /** why the content ends before its source did; null when all of it is there */
  readonly cut: string | null;
}

interface BlobLimits {
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * Writes what a stream gives into a new file, hashed on the way and synced. Holds one piece of it at a time.
 *
 * A source that breaks off, a limit and an abort leave what was had until then, and say why it is not all. When nothing
 * was had the fault is thrown.
 */
export async function writeBlob(
  source: AsyncIterable<unknown>,
  target: string,
  limits: BlobLimits,
): Promise<WrittenBlob> {
  const output = await open(target, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  let cut: string | null = null;
  try {
    for await (const piece of piecesUntil(source, limits.signal)) {
      const kept = piece.subarray(0, limits.bytesMax - bytes);
      hash.update(kept);
      await writeAll(output, kept);
      bytes += kept.length;
      if (kept.length < piece.length) {
        cut = `only the first ${bytes} bytes were kept, the limit`;
        break;
      }
    }
    if (bytes === 0) limits.signal.throwIfAborted();
  } catch (fault) {
    if (bytes === 0) throw fault;
    const why = limits.signal.aborted ? "the time for collecting ran out" : messageOf(fault);
    cut = `broke off after ${bytes} bytes: ${why}`;
  } finally {
    await closeSynced(output);
  }
  return { sha256: hash.digest("hex"), bytes, cut };
}

/** Gives the pieces of a source as bytes, and leaves it when the signal aborts, also while it is silent. */
async function* piecesUntil(source: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    while (true) {
      signal.throwIfAborted();
      const next = await orAbort(iterator.next(), signal);
      if (next.done === true) return;
      yield toBytes(next.value);
    }
  } finally {
    // a silent source may never answer: nobody waits for it
    if (source instanceof Readable) source.destroy();
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** One promise for each wait: a race against one that lives on would keep every piece in memory. */
async function orAbort<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new Error("the waiting was aborted"));
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function toBytes(piece: unknown): Buffer {
  if (typeof piece === "string") return Buffer.from(piece);
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError("a stream of evidence gives bytes or text");
}

async function closeSynced(output: FileHandle): Promise<void> {
  try {
    await output.sync();
  } finally {
    await output.close();
  }
}

async function writeAll(output: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) offset += (await output.write(bytes, offset)).bytesWritten;
}

/** Opens a regular file to be read. A pipe or a device does not block it and is refused. @throws Error */
export async function openRegularFile(source: string): Promise<{ handle: FileHandle; size: number }> {
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK);
  const facts = await handle.stat();
  if (facts.isFile()) return { handle, size: facts.size };
  await handle.close();
  throw new Error(`${source} is not a regular file`);
}
