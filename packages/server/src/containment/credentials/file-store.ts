import type { CredentialStore } from "./credential-store.ts";
import { readRegularFile, replaceFile } from "./replace-file.ts";

/** A file that holds the value and nothing else; a line end after it stays. */
export function fileStore(path: string): CredentialStore {
  return {
    label: `file ${path}`,
    read: async () => readRegularFile(path)?.replace(/\r?\n$/, "") ?? null,
    write: async (value) => {
      const [end = ""] = /\r?\n$/.exec(readRegularFile(path) ?? "") ?? [];
      replaceFile(path, value + end);
    },
  };
}
