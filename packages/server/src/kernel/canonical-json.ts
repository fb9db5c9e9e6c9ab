/**
 * RFC 8785 canonical JSON: keys sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript prints
 * them. Undefined members are left out as `JSON.stringify` does. Written as plain loops: every stored event passes here.
 *
 * @throws TypeError for what JSON cannot say: NaN, infinity, bigint, functions, lone surrogates
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return canonicalString(value);
  if (typeof value === "object") {
    if (value === null) return "null";
    return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
  }
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "number") throw new TypeError(`canonical JSON has no ${typeof value}`);
  if (!Number.isFinite(value)) throw new TypeError("canonical JSON has no NaN and no infinity");
  return JSON.stringify(value);
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError("canonical JSON has no lone surrogates");
  return JSON.stringify(text);
}

function canonicalArray(items: readonly unknown[]): string {
  let text = "[";
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ",";
    text += canonicalJson(items[i] ?? null);
  }
  return text + "]";
}

function canonicalObject(value: object): string {
  const members = asMembers(value);
  // oxlint-disable-next-line require-array-sort-compare -- the default order is by UTF-16 code units, as RFC 8785 asks
  const keys = Object.keys(members).sort();
  let text = "{";
  for (const key of keys) {
    const member = members[key];
    if (member === undefined) continue;
    if (text.length > 1) text += ",";
    text += canonicalString(key) + ":" + canonicalJson(member);
  }
  return text + "}";
}

/** Every object may be read by its keys; the type only says so. */
function asMembers(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}
