import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

/** @returns the lines of a file as `sha256sum` writes it, for the files of a folder */
export function sumsOf(folder: string, names: readonly string[]): string {
  return names.map((name) => `${hashOf(path.join(folder, name))}  ${name}\n`).join("");
}

/** @returns the files of the folder that are not as the sums say. @throws when one of them, or the sums, are not there */
export function findMismatches(folder: string, sumsFile: string): string[] {
  const lines = readFileSync(sumsFile, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.flatMap((line) => {
    const [sum = "", name = ""] = line.split("  ", 2);
    return hashOf(path.join(folder, name)) === sum ? [] : [name];
  });
}

function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
