import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { looking } from "./looking.ts";

const FILES_MAX = 20_000;
const BYTES_MAX = 16 * 1024 * 1024;

/** Somewhere in a folder lies a file with exactly these bytes. */
export const fileKept = looking(
  z.strictObject({ folder: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  async (_end, { folder, sha256 }) => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).slice(0, FILES_MAX);
    const found = files.find((file) => hashOf(path.join(folder, file)) === sha256);
    return { held: found !== undefined, found: found ?? `none of ${files.length} entries has those bytes` };
  },
);

function hashOf(file: string): string | null {
  const facts = lstatSync(file);
  if (!facts.isFile() || facts.size > BYTES_MAX) return null;
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
