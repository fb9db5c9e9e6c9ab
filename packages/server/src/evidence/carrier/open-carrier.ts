import { createReadStream, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { readArchiveDirectory, readArchiveTar } from "@firebreak/verifier";
import type { ArchiveSource } from "@firebreak/verifier";
import { OperatorError, codeOf } from "../../kernel/index.ts";
import { unpackZstd } from "./zstd-stream.ts";
import type { UnpackLimits } from "./zstd-stream.ts";

export type { UnpackLimits };

/** What an archive lies in: its directory, or one file that was exported. */
export interface Carrier {
  readonly kind: "directory" | "tar" | "tar.zst";
  /** gives its entries from the beginning, each time it is asked */
  entries(): ArchiveSource;
}

export const UNPACK_LIMITS: UnpackLimits = { bytesMax: 64 * 1024 ** 3, ratioMax: 1000 };

/** Looks at what lies there, by its first bytes and never by its name. @throws OperatorError when it is no carrier */
export async function openCarrier(file: string, limits: UnpackLimits = UNPACK_LIMITS): Promise<Carrier> {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  if (facts === undefined) throw new OperatorError(`${file} is not there`, "Name an archive's directory or its file.");
  if (facts.isDirectory()) return { kind: "directory", entries: () => readArchiveDirectory(file) };
  if (!facts.isFile()) throw new OperatorError(`${file} is no file and no directory`, "Name the archive itself.");
  const start = await readStart(file);
  const other = OTHERS.find(({ magic }) => start.subarray(0, magic.length).equals(magic));
  if (other !== undefined) {
    throw new OperatorError(`${file} is a ${other.name} file`, "An exported archive is a .tar.zst or a .tar file.");
  }
  if (start.subarray(0, ZSTD.length).equals(ZSTD)) {
    return { kind: "tar.zst", entries: () => readArchiveTar(unpackZstd(createReadStream(file), limits)) };
  }
  return { kind: "tar", entries: () => readArchiveTar(createReadStream(file, { highWaterMark: 256 * 1024 })) };
}

const ZSTD = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
const OTHERS = [
  { magic: Buffer.from("PK"), name: "zip" },
  { magic: Buffer.of(0x1f, 0x8b), name: "gzip" },
  { magic: Buffer.from("BZh"), name: "bzip2" },
  { magic: Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a), name: "xz" },
  { magic: Buffer.of(0x37, 0x7a, 0xbc, 0xaf), name: "7z" },
];

async function readStart(file: string): Promise<Buffer> {
  const start = Buffer.alloc(8);
  try {
    const handle = await open(file, "r");
    try {
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      return start.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new OperatorError(`${file} cannot be read (${codeOf(cause) ?? "unknown"})`, "Look at its owner and mode.", {
      cause,
    });
  }
}
