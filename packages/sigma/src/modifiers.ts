import type { Cursor } from "./yaml-cursor.ts";

export type ValueKind =
  | "equals"
  | "contains"
  | "startswith"
  | "endswith"
  | "re"
  | "cidr"
  | "exists"
  | "lt"
  | "lte"
  | "gt"
  | "gte";

/** A field key such as `CommandLine|contains|all`, taken apart. */
export interface FieldKey {
  /** "" for keywords (`'|all'`). */
  readonly field: string;
  readonly kind: ValueKind;
  readonly all: boolean;
  readonly cased: boolean;
  readonly regexFlags: { readonly ignoreCase: boolean; readonly multiline: boolean; readonly dotAll: boolean };
  /** The chain as written, or `equals`. */
  readonly modifier: string;
}

const KINDS: ReadonlySet<string> = new Set([
  "contains",
  "startswith",
  "endswith",
  "re",
  "cidr",
  "exists",
  "lt",
  "lte",
  "gt",
  "gte",
]);
const REGEX_FLAGS: ReadonlySet<string> = new Set(["i", "m", "s"]);

/** Modifiers of the specification this engine does not run yet. They are refused, because to ignore one is to misread the rule. */
const NOT_YET: ReadonlySet<string> = new Set([
  "fieldref",
  "neq",
  "windash",
  "base64",
  "base64offset",
  "wide",
  "utf16",
  "utf16le",
  "utf16be",
  "expand",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "year",
]);

const isKind = (name: string): name is ValueKind => KINDS.has(name);

export function parseFieldKey(name: string, key: Cursor): FieldKey {
  const [field = "", ...modifiers] = name.split("|");
  let offset = field.length;
  for (const [index, modifier] of modifiers.entries()) {
    checkModifier(key, modifiers, index, offset + 1);
    offset += 1 + modifier.length;
  }
  const kinds = modifiers.filter(isKind);
  if (kinds.length > 1) {
    key.fail(`the modifiers ${kinds.join(" and ")} exclude each other`, "keep one of them", field.length);
  }
  const kind = kinds[0] ?? "equals";
  const cased = modifiers.includes("cased");
  if (cased && !["equals", "contains", "startswith", "endswith"].includes(kind)) {
    key.fail(`the modifier cased has no meaning with ${kind}`, "remove it", field.length);
  }
  return {
    field: field.trim(),
    kind,
    all: modifiers.includes("all"),
    cased,
    regexFlags: {
      ignoreCase: modifiers.includes("i"),
      multiline: modifiers.includes("m"),
      dotAll: modifiers.includes("s"),
    },
    modifier: modifiers.length === 0 ? "equals" : modifiers.join("|"),
  };
}

function checkModifier(key: Cursor, modifiers: readonly string[], index: number, offset: number): void {
  const modifier = modifiers[index] ?? "";
  if (NOT_YET.has(modifier)) {
    key.fail(
      `the modifier ${modifier} is not supported yet`,
      "rewrite the value without it, or leave the rule out",
      offset,
    );
  }
  if (modifiers.indexOf(modifier) !== index) key.fail(`the modifier ${modifier} stands twice`, "keep one", offset);
  if (KINDS.has(modifier) || modifier === "all" || modifier === "cased") return;
  if (!REGEX_FLAGS.has(modifier)) {
    key.fail(`"${modifier}" is not a Sigma modifier`, "see the list of modifiers in the Sigma specification", offset);
  }
  if (!modifiers.slice(0, index).includes("re"))
    key.fail(`the flag ${modifier} needs re before it`, "write re|" + modifier, offset);
}
