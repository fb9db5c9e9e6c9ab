import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { POLICY_BYTES_MAX } from "@firebreak/protocol/policy";
import { brokenPolicy, parsePolicy } from "./parse-policy.ts";
import type { SeenPolicy } from "./parse-policy.ts";

export interface PolicyReader {
  /** Looks at the file now and reads it when it changed. @returns the same object when nothing changed */
  look(): SeenPolicy;
}

const NONE: SeenPolicy = { state: "none" };

/** @param text gives what the server sent last; null when there is no policy */
export function readPolicyFrom(text: () => string | null): PolicyReader {
  let read: string | null = null;
  let seen: SeenPolicy = NONE;
  return {
    look: () => {
      const next = text();
      if (next === read) return seen;
      read = next;
      seen = next === null ? NONE : parsePolicy(next, "the policy that the server sent");
      return seen;
    },
  };
}

/** @param dir the kill switch's directory */
export function openPolicyReader(dir: string): PolicyReader {
  const path = join(dir, "policy.json");
  let sign: string | undefined;
  let seen: SeenPolicy = NONE;
  return {
    look: () => {
      const found = statSync(path, { throwIfNoEntry: false });
      const next = found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
      if (next === sign) return seen;
      sign = next;
      seen = found === undefined ? NONE : readPolicy(path, found.size);
      return seen;
    },
  };
}

function readPolicy(path: string, size: number): SeenPolicy {
  try {
    if (size > POLICY_BYTES_MAX) throw new Error("it is too large");
    return parsePolicy(readFileSync(path, "utf8"), path);
  } catch (fault) {
    return brokenPolicy(path, fault);
  }
}
