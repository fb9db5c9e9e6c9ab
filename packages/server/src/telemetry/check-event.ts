import { EVENT_KINDS, INTAKE_LIMITS, agentRef, entityName, printableName } from "@firebreak/protocol";
import type { AgentEventInput } from "@firebreak/protocol";
import { z } from "zod";

/**
 * The checks of `agentEventInput` as plain code, for values that come from `JSON.parse`: forty times faster than the
 * schema, which then only words the message of what fails. A property test holds the two together. Beyond the schema it
 * refuses nesting deeper than the intake's limit and the key `__proto__`.
 *
 * @returns the number of object keys in the whole value, or -1 when the value is not an event
 */
export function countKeysOfEvent(value: unknown): number {
  if (!isJsonObject(value)) return INVALID;
  let count = 0;
  for (const key of Object.keys(value)) {
    const keys = countKeysOfField(key, value[key]);
    if (keys < 0) return INVALID;
    count += keys + 1;
  }
  const complete = value["agent"] !== undefined && value["kind"] !== undefined;
  return complete && (value["id"] === undefined || value["time"] !== undefined) ? count : INVALID;
}

/** @returns the value as an event; the caller has had it checked by {@link countKeysOfEvent} */
export function asCheckedEvent(value: unknown): AgentEventInput {
  return value as AgentEventInput;
}

/** @returns the keys in a JSON value, or -1 when it nests deeper than `levels` or holds the key `__proto__` */
export function countKeysOfJson(value: unknown, levels: number): number {
  if (typeof value === "number") return Number.isFinite(value) ? 0 : INVALID;
  if (typeof value !== "object" || value === null) return 0;
  if (levels <= 0) return INVALID;
  if (Array.isArray(value)) return countKeysOfArray(value, levels - 1);
  return isJsonObject(value) ? countKeysOfObject(value, levels - 1) : INVALID;
}

const INVALID = -1;
const KINDS: ReadonlySet<unknown> = new Set(EVENT_KINDS);
const OUTCOMES: ReadonlySet<unknown> = new Set(["success", "failure", "denied", "unknown"]);
const RISKS: ReadonlySet<unknown> = new Set(["low", "medium", "high", "critical"]);
const RESOURCE_CHARACTERS_MAX = 4096;
const NAME_CHARACTERS_MAX = 128;
const TIME_PATTERN = z.core.regexes.datetime({ offset: true });
const ENTITY_PATTERN = patternOf(entityName);
const PRINTABLE_PATTERN = patternOf(printableName);
const AGENT_KEYS: ReadonlySet<string> = new Set(Object.keys(agentRef.shape));

/** The one pattern of a string schema: the fast check uses the contract's own. */
function patternOf(schema: z.ZodString): RegExp {
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = check._zod;
    if ("pattern" in def && def.pattern instanceof RegExp) return def.pattern;
  }
  throw new TypeError("the schema of a name has a pattern");
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function countKeysOfField(key: string, value: unknown): number {
  switch (key) {
    case "agent":
      return countKeysOfAgent(value);
    case "data":
      return isJsonObject(value) ? countKeysOfJson(value, INTAKE_LIMITS.jsonDepthMax - 1) : INVALID;
    case "kind":
      return KINDS.has(value) ? 0 : INVALID;
    case "outcome":
      return OUTCOMES.has(value) ? 0 : INVALID;
    case "risk":
      return RISKS.has(value) ? 0 : INVALID;
    case "id":
    case "source":
      return isPrintableName(value) ? 0 : INVALID;
    case "time":
      return typeof value === "string" && TIME_PATTERN.test(value) ? 0 : INVALID;
    case "resource":
      return typeof value === "string" && value.length <= RESOURCE_CHARACTERS_MAX ? 0 : INVALID;
    default:
      return INVALID;
  }
}

function countKeysOfAgent(value: unknown): number {
  if (!isJsonObject(value) || !isEntityName(value["id"])) return INVALID;
  const keys = Object.keys(value);
  for (const key of keys) {
    if (!AGENT_KEYS.has(key)) return INVALID;
    const known = key === "id" || (key === "pack" ? isEntityName(value[key]) : isPrintableName(value[key]));
    if (!known) return INVALID;
  }
  return keys.length;
}

function isPrintableName(value: unknown): boolean {
  if (typeof value !== "string" || value.length === 0 || value.length > NAME_CHARACTERS_MAX) return false;
  return PRINTABLE_PATTERN.test(value);
}

function isEntityName(value: unknown): boolean {
  return typeof value === "string" && value.length <= NAME_CHARACTERS_MAX && ENTITY_PATTERN.test(value);
}

function countKeysOfArray(items: readonly unknown[], levels: number): number {
  let count = 0;
  for (const item of items) {
    const keys = countKeysOfJson(item, levels);
    if (keys < 0) return INVALID;
    count += keys;
  }
  return count;
}

function countKeysOfObject(entries: Readonly<Record<string, unknown>>, levels: number): number {
  let count = 0;
  for (const key of Object.keys(entries)) {
    if (key === "__proto__") return INVALID;
    const keys = countKeysOfJson(entries[key], levels);
    if (keys < 0) return INVALID;
    count += keys + 1;
  }
  return count;
}
