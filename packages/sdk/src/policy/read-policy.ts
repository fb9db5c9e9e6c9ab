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

/** @param source what it is called when it cannot be read */
function parsePolicy(text: string, source: string): SeenPolicy {
  try {
    const value: unknown = JSON.parse(text);
    if (!isPublishedPolicy(value)) throw new Error("it is not a policy of this version");
    return { state: "read", policy: value };
  } catch (fault) {
    return brokenPolicy(source, fault);
  }
}

function brokenPolicy(source: string, fault: unknown): SeenPolicy {
  return { state: "broken", problem: `${source} cannot be read: ${fault instanceof Error ? fault.message : "?"}` };
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
    isObject(of.get("placeholders")) &&
    typeof of.get("throttle") === "object"
  );
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
