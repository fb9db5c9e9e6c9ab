import type { PublishedPolicy } from "@firebreak/protocol/policy";

/** What `policy.json` said when it was last read. */
export type SeenPolicy =
  | { readonly state: "none" }
  | { readonly state: "read"; readonly policy: PublishedPolicy }
  | { readonly state: "broken"; readonly problem: string };

/** @param source what it is called when it cannot be read */
export function parsePolicy(text: string, source: string): SeenPolicy {
  try {
    const value: unknown = JSON.parse(text);
    if (!isPublishedPolicy(value)) throw new Error("it is not a policy of this version");
    return { state: "read", policy: value };
  } catch (fault) {
    return brokenPolicy(source, fault);
  }
}

export function brokenPolicy(source: string, fault: unknown): SeenPolicy {
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
