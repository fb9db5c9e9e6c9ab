import { hashText, joinHashes } from "./hash.ts";
import type { KeyField } from "./predicate.ts";
import type { Occurrence } from "./occurrence.ts";

/** Longer values are kept by their beginning, length and a hash, so that keys stay small. */
const KEY_CHARS_MAX = 256;

/** The texts of the fields as one, or undefined when one is absent. One field's text stands as it is. */
export function readKey(fields: readonly KeyField[], occurrence: Occurrence): string | undefined {
  const [only] = fields;
  if (fields.length === 1 && only !== undefined) return readText(only, occurrence);
  let key = "";
  for (const field of fields) {
    const text = readText(field, occurrence);
    if (text === undefined) return undefined;
    key += `${text.length}:${text}`;
  }
  return key;
}

/** The texts of the fields by name. */
export function readGroup(fields: readonly KeyField[], occurrence: Occurrence): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field.name, readText(field, occurrence) ?? ""]));
}

/** What tells the texts of the fields apart from others, however long they are; undefined when one is absent. */
export function readHash(fields: readonly KeyField[], { view, ruleId }: Occurrence): number | undefined {
  let hash = 0;
  for (const field of fields) {
    const slot = slotOf(field, ruleId);
    if (view.values(slot).texts.length === 0) return undefined;
    hash = joinHashes(hash, view.hash(slot));
  }
  return hash;
}

/** All texts of the fields that are there, as they are, one a line. */
export function readTexts(fields: readonly KeyField[], { view, ruleId }: Occurrence, charsMax: number): string {
  let texts = "";
  for (const field of fields) {
    for (const text of view.values(slotOf(field, ruleId)).texts) {
      if (texts.length + text.length >= charsMax) return `${texts}${text.slice(0, charsMax - texts.length)}`;
      texts += `${text}\n`;
    }
  }
  return texts;
}

function readText(field: KeyField, { view, ruleId, groupBy }: Occurrence): string | undefined {
  if (groupBy !== undefined && Object.hasOwn(groupBy, field.name)) return groupBy[field.name];
  const { texts } = view.values(slotOf(field, ruleId));
  const [first] = texts;
  if (first === undefined) return undefined;
  return texts.length === 1 ? boundKey(first) : boundKey(joinTexts(texts));
}

function slotOf(field: KeyField, ruleId: string): number {
  return field.byRule.size === 0 ? field.ref.slot : (field.byRule.get(ruleId) ?? field.ref).slot;
}

const joinTexts = (texts: readonly string[]): string =>
  texts
    .map(boundKey)
    .map((text) => `${text.length}:${text}`)
    .join("");

function boundKey(text: string): string {
  if (text.length <= KEY_CHARS_MAX) return text;
  return `${text.slice(0, KEY_CHARS_MAX)}…${text.length}#${hashText(text).toString(36)}`;
}
