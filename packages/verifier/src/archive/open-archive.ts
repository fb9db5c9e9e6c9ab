import { createReadStream, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { readArchiveDirectory } from "./archive-directory.ts";
import { ArchiveFault } from "./archive-source.ts";
import type { ArchiveSource } from "./archive-source.ts";
import { readArchiveTar } from "./read-tar.ts";

const ZSTD_MAGIC = 0xfd2fb528;
const UNPACKED_BYTES_MAX = 256 * 1024 ** 3;

/** Opens an archive's directory, or the file that it was exported to. @throws Error when this Node cannot read it */
export async function openArchive(file: string): Promise<{ source: ArchiveSource; isCopy: boolean }> {
  if (lstatSync(file).isDirectory()) return { source: readArchiveDirectory(file), isCopy: false };
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (!(await isZstd(file))) return { source: readArchiveTar(stream), isCopy: true };
  const unpack = createUnpack();
  if (unpack === undefined) {
    throw new Error(
      `this Node.js (${process.version}) has no Zstandard; 22.15 has. Or unpack it first: zstd -d ${file}`,
    );
  }
  // a fault of reading shows at the end of the pipe
  stream.on("error", (fault) => unpack.destroy(fault));
  return { source: readArchiveTar(unpacked(stream.pipe(unpack))), isCopy: true };
}

async function isZstd(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const start = Buffer.alloc(4);
    await handle.read(start, 0, start.length, 0);
    return start.readUInt32LE() === ZSTD_MAGIC;
  } finally {
    await handle.close();
  }
}

/** Guarantee: Node's own; versions that have it take no arguments and give a stream. */
function createUnpack(): Duplex | undefined {
  const zlib = createRequire(import.meta.url)("node:zlib") as { createZstdDecompress?: () => Duplex };
  return zlib.createZstdDecompress?.();
}

async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const piece of stream) {
      bytes += piece.length;
      if (bytes > UNPACKED_BYTES_MAX) throw new ArchiveFault(`unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
      yield piece;
    }
  } catch (cause) {
    if (cause instanceof ArchiveFault) throw cause;
    throw new ArchiveFault("is not Zstandard, or is damaged", { cause });
  }
}
