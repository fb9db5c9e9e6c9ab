import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { ARCHIVE_FILES, BLOB_NAME } from "@firebreak/verifier";

const BLOCK = 512;

interface TarFile {
  /** inside the archive, `blobs/…` */
  readonly name: string;
  readonly bytes: number;
}

/**
 * Gives a sealed archive as one tar file (POSIX ustar): manifest, signature, blobs by their names, the custody log. The same
 * archive gives the same bytes. Holds one piece of a file at a time.
 *
 * @param id names the directory in it
 */
export async function* writeArchiveTar(directory: string, id: string, mtimeMs: number): AsyncGenerator<Buffer> {
  for (const file of await listFiles(directory)) {
    yield headerOf(`${id}/${file.name}`, file.bytes, mtimeMs);
    yield* readExactly(path.join(directory, file.name), file.bytes);
    const padding = (BLOCK - (file.bytes % BLOCK)) % BLOCK;
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function listFiles(directory: string): Promise<TarFile[]> {
  const blobs = (await readdir(path.join(directory, ARCHIVE_FILES.blobs))).filter((name) => BLOB_NAME.test(name));
  const names = [
    ARCHIVE_FILES.manifest,
    ARCHIVE_FILES.signature,
    ...blobs.toSorted().map((name) => `${ARCHIVE_FILES.blobs}/${name}`),
    ARCHIVE_FILES.custody,
  ];
  const files: TarFile[] = [];
  for (const name of names) {
    const facts = await lstat(path.join(directory, name));
    if (!facts.isFile()) throw new Error(`${name} is not a regular file: verify the archive`);
    files.push({ name, bytes: facts.size });
  }
  return files;
}

/** The custody log may grow meanwhile: what was there when the header was written is what goes in. */
async function* readExactly(file: string, bytes: number): AsyncGenerator<Buffer> {
  if (bytes === 0) return;
  let read = 0;
  for await (const piece of createReadStream(file, { end: bytes - 1, highWaterMark: 256 * 1024 })) {
    read += piece.length;
    yield piece;
  }
  if (read < bytes) throw new Error(`${file} became shorter while it was read`);
}

function headerOf(name: string, bytes: number, mtimeMs: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const slash = name.length > 100 ? name.lastIndexOf("/") : -1;
  block.write(name.slice(slash + 1), 0, 100, "utf8");
  if (slash > 0) block.write(name.slice(0, slash), 345, 155, "utf8");
  block.write("0000444\0", 100, "latin1");
  block.write("0000000\0", 108, "latin1");
  block.write("0000000\0", 116, "latin1");
  if (bytes < 8 ** 11) block.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  else {
    // what is larger than octal digits can say is a big-endian number with the first bit set
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  block.write(
    `${Math.floor(mtimeMs / 1000)
      .toString(8)
      .padStart(11, "0")}\0`,
    136,
    "latin1",
  );
  block.write("        0", 148, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
