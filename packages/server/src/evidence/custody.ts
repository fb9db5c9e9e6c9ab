import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { FILES } from "./manifest.ts";
import type { CustodyEntry } from "./manifest.ts";

const GENESIS = "0".repeat(64);

/** Appends who touched the archive, when and why; each line carries the hash of the line before it. */
export function appendCustody(directory: string, entry: Omit<CustodyEntry, "prev_sha256">): void {
  const file = path.join(directory, FILES.custody);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  const last = lines.at(-1);
  const previous = last === undefined ? GENESIS : createHash("sha256").update(last).digest("hex");
  const fd = openSync(file, "a", 0o600);
  try {
    appendFileSync(fd, `${JSON.stringify({ ...entry, prev_sha256: previous })}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
