import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads a file of the system by its absolute path. @returns null when it cannot be read */
export type ReadText = (path: string) => string | null;

/** @param root where the system's files lie; another one holds recorded files */
export function createReadText(root = "/"): ReadText {
  return (path) => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return null;
    }
  };
}
