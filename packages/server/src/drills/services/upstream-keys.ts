import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The keys that an upstream takes, one a line, in a file that it reads again for each call. */
export function readKeys(folder: string): string[] {
  return readFileSync(path.join(folder, "keys"), "utf8")
    .split("\n")
    .filter((key) => key !== "");
}

export function writeKeys(folder: string, keys: readonly string[]): void {
  const file = path.join(folder, "keys");
  writeFileSync(`${file}.new`, `${keys.join("\n")}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** In a form that the intake knows for a key; it opens nothing but the upstream of one drill. */
export function makeKey(): string {
  return `ghp_${randomBytes(18).toString("hex")}`;
}
