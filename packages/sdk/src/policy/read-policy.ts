import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PublishedPolicy } from "@firebreak/protocol/policy";
import { POLICY_BYTES_MAX } from "@firebreak/protocol/policy";

/** What `policy.json` said when it was last read. */
export type SeenPolicy =
  | { readonly state: "none" }
  | { readonly state: "read"; readonly policy: PublishedPolicy }
  | { readonly state: "broken"; readonly problem: string };

export interface PolicyReader {
  /** Looks at the file now and reads it when it changed. @returns the same object when nothing changed */
  look(): SeenPolicy;
}

const NONE: SeenPolicy = { state: "none" };

/** @param dir the kill switch's directory */
export function openPolicyReader(dir: string | undefined): PolicyReader {
  if (dir === undefined) return { look: () => NONE };
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
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isPublishedPolicy(value)) throw new Error("it is not a policy of this version");
    return { state: "read", policy: value };
  } catch (fault) {
    return { state: "broken", problem: `${path} cannot be read: ${fault instanceof Error ? fault.message : "?"}` };
  }
}

/** Its writer checked every member against the schema; this tells a policy from any other file, and from other versions. */
function isPublishedPolicy(value: unknown): value is PublishedPolicy {
  if (typeof value !== "object" || value === null) return false;
  const of = new Map<string, unknown>(Object.entries(value));
  const lists = ["rules", "budgets", "breakers", "concurrency"];
  const texts = ["hash", "timeZone"];
  return (
    of.get("v") === 1 &&
    Number.isSafeInteger(of.get("epoch")) &&
    lists.every((key) => isListOfObjects(of.get(key))) &&
    texts.every((key) => typeof of.get(key) === "string") &&
    typeof of.get("throttle") === "object"
  );
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "object" && entry !== null);
}
