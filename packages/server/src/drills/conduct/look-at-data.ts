import { createReadStream, readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { unpackZstd } from "../../evidence/index.ts";
import { findMismatches } from "../watches/checksums.ts";
import { looking } from "./looking.ts";

const BYTES_MAX = 16 * 1024 * 1024;
const RATIO_MAX = 10_000;

/** Every file of a folder is what a file of sums, written before anything went wrong, says. */
export const checksumsHold = looking(
  z.strictObject({ folder: z.string(), sums: z.string() }),
  async (_end, { folder, sums }) => {
    const wrong = findMismatches(folder, sums);
    return { held: wrong.length === 0, found: wrong.length === 0 ? "all as they were" : `not so: ${wrong.join(", ")}` };
  },
);

/** In a folder lies a backup of a folder, one of whose files has this text in it. */
export const archiveHolds = looking(
  z.strictObject({ folder: z.string(), contains: z.string().min(1) }),
  async (_end, { folder, contains }) => {
    const archives = readdirSync(folder).filter((name) => name.endsWith(".tar.zst"));
    for (const name of archives) {
      const tar = await unpack(path.join(folder, name));
      if (tar.includes(contains)) return { held: true, found: name };
    }
    return { held: false, found: `none of ${archives.length} archive(s) has it` };
  },
);

/** A tar holds its files as they are. */
async function unpack(file: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpackZstd(createReadStream(file), { bytesMax: BYTES_MAX, ratioMax: RATIO_MAX }))
    pieces.push(piece);
  return Buffer.concat(pieces);
}
