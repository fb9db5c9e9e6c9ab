import { ARCHIVE_FILES, ARCHIVE_ID } from "./archive-format.ts";
import { ArchiveFault, noContent } from "./archive-source.ts";
import type { ArchiveEntry, ArchiveSource } from "./archive-source.ts";
import { ByteReader } from "./byte-reader.ts";

const BLOCK = 512;
const ENTRIES_MAX = 300_000;

interface Header {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/**
 * Gives the entries of an exported archive: a POSIX ustar file whose entries lie in one directory named by the archive's id.
 * Only plain files and directories are entries; nothing is written anywhere, so no name can reach outside.
 */
export async function* readArchiveTar(source: AsyncIterable<Uint8Array>): ArchiveSource {
  const reader = new ByteReader(source);
  try {
    let root: string | undefined;
    for (let entries = 0; ; entries++) {
      const header = await readHeader(reader);
      if (header === null) return;
      if (entries === ENTRIES_MAX) throw new ArchiveFault(`holds more than ${ENTRIES_MAX} entries`);
      const slash = header.name.indexOf("/");
      const top = slash < 0 ? header.name : header.name.slice(0, slash);
      root ??= top;
      const content = new Content(reader, header.bytes);
      const inside = header.name.slice(slash + 1);
      if (!(header.type === "directory" && isOwnDirectory(header.name, root))) {
        yield entryOf(header, slash < 0 ? header.name : inside, faultOf(header, top, root), content);
      }
      await content.skip();
    }
  } finally {
    await reader.close();
  }
}

function isOwnDirectory(name: string, root: string): boolean {
  return ARCHIVE_ID.test(root) && [`${root}/`, `${root}/${ARCHIVE_FILES.blobs}/`].includes(name);
}

function entryOf(header: Header, inside: string, fault: string | null, content: Content): ArchiveEntry {
  const isFile = header.type === "file";
  return {
    name: fault === null ? inside : header.name,
    kind: isFile ? "file" : header.type === "directory" ? "directory" : "other",
    fault,
    content: () => (isFile && fault === null ? content.read() : noContent()),
  };
}

function faultOf(header: Header, top: string, root: string): string | null {
  if (header.type !== "file" && header.type !== "directory") return `is ${header.type}, which no archive holds`;
  if (!ARCHIVE_ID.test(top)) return "lies outside the archive's own directory";
  return top === root ? null : "belongs to another archive than the first entry";
}

/** The content of one entry, read once or skipped; then the reader stands at the next header. */
class Content {
  readonly #reader: ByteReader;
  readonly #bytes: number;
  #pieces: AsyncGenerator<Buffer> | undefined;

  constructor(reader: ByteReader, bytes: number) {
    this.#reader = reader;
    this.#bytes = bytes;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    this.#pieces ??= this.#all();
    while (true) {
      const next = await this.#pieces.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  async skip(): Promise<void> {
    for await (const piece of this.read()) void piece;
    const padding = (BLOCK - (this.#bytes % BLOCK)) % BLOCK;
    if ((await this.#reader.take(padding)).length < padding) throw new ArchiveFault("ends too soon");
  }

  async *#all(): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const piece of this.#reader.pieces(this.#bytes)) {
      bytes += piece.length;
      yield piece;
    }
    if (bytes < this.#bytes) throw new ArchiveFault("ends too soon");
  }
}

/** @returns null at the end of the file, which is two empty blocks and nothing but zeros after them */
async function readHeader(reader: ByteReader): Promise<Header | null> {
  const block = await reader.take(BLOCK);
  if (block.length < BLOCK) throw new ArchiveFault("ends too soon");
  if (isEmpty(block)) {
    if ((await reader.take(BLOCK)).length < BLOCK) throw new ArchiveFault("ends too soon");
    for (let rest = await reader.take(BLOCK); rest.length > 0; rest = await reader.take(BLOCK)) {
      if (!isEmpty(rest)) throw new ArchiveFault("goes on after its end");
    }
    return null;
  }
  if (checksumOf(block) !== readOctal(block, 148, 8)) throw new ArchiveFault("holds a header that is damaged");
  const magic = block.toString("latin1", 257, 263);
  if (magic !== "ustar\0" && magic !== "ustar ") throw new ArchiveFault("is not a tar file of the POSIX format");
  const prefix = magic === "ustar\0" ? readText(block, 345, 155) : "";
  const name = readText(block, 0, 100);
  const full = prefix === "" ? name : `${prefix}/${name}`;
  return { name: full, type: typeOf(block.toString("latin1", 156, 157)), bytes: readSize(block) };
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of all bytes, with the eight of the sum itself counted as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let index = 0; index < block.length; index++) sum += index >= 148 && index < 156 ? 32 : (block[index] ?? 0);
  return sum;
}

function readText(block: Buffer, start: number, bytes: number): string {
  const field = block.subarray(start, start + bytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? bytes : end);
}

function readOctal(block: Buffer, start: number, bytes: number): number {
  const text = readText(block, start, bytes).trim();
  if (!/^[0-7]{1,12}$/.test(text)) throw new ArchiveFault("holds a header that is damaged");
  return Number.parseInt(text, 8);
}

/** Eleven octal digits, or with the first bit set a big-endian number, for what is larger than 8 GiB. */
function readSize(block: Buffer): number {
  if ((block[124] ?? 0) !== 0x80) return readOctal(block, 124, 12);
  const bytes = block.readBigUInt64BE(128);
  if (block.readUIntBE(125, 3) !== 0 || bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ArchiveFault("holds a header that is damaged");
  }
  return Number(bytes);
}

const TYPES: Readonly<Record<string, string>> = {
  "0": "file",
  "\0": "file",
  "5": "directory",
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a character device",
  "4": "a block device",
  "6": "a pipe",
};

function typeOf(flag: string): string {
  return TYPES[flag] ?? "an entry of an unknown kind";
}
