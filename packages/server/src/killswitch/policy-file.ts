import { readFileSync, statSync } from "node:fs";
import { POLICY_BYTES_MAX } from "@firebreak/protocol/policy";

/** @returns what gives the file's text, read again when the file changed; null when there is none that can be read */
export function openPolicyFile(path: string): () => string | null {
  let sign = "";
  let text: string | null = null;
  return () => {
    try {
      const { ino, size, mtimeMs } = statSync(path);
      const next = `${ino} ${size} ${mtimeMs}`;
      // what is too large is told as it would be read here: as nothing that can be read
      if (next !== sign) text = size > POLICY_BYTES_MAX ? "" : readFileSync(path, "utf8");
      sign = next;
    } catch {
      sign = "";
      text = null;
    }
    return text;
  };
}
