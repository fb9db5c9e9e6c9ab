import type { RuleScope } from "./predicate.ts";
import type { Cursor, ScalarValue } from "./yaml-cursor.ts";

/** A percent sign that is meant as such, or a placeholder. */
const PLACEHOLDER = /\\%|%([A-Za-z_][\w.-]*)%/g;
/** Several placeholders in one value multiply. */
const VALUES_MAX = 10_000;

/**
 * The values a text with `%name%` stands for; `\%` is a percent sign. In a pattern (`re`) what is put in is taken literally; elsewhere it may
 * have wildcards of its own.
 *
 * @throws RuleFault for a placeholder that nobody gave values for: a rule that looks for nothing would be silent for ever
 */
export function expandPlaceholders(
  value: Cursor,
  scalar: ScalarValue,
  placeholders: RuleScope["placeholders"],
  isPattern: boolean,
): ScalarValue[] {
  if (typeof scalar !== "string") return [scalar];
  const found = [...scalar.matchAll(PLACEHOLDER)].find(([, one]) => one !== undefined);
  const name = found?.[1];
  if (found === undefined || name === undefined) return [plainPercents(scalar)];
  if (!Object.hasOwn(placeholders, name)) {
    value.fail(
      `nothing is given for the placeholder %${name}%`,
      `give it values, or write the values out`,
      found.index,
    );
  }
  const before = plainPercents(scalar.slice(0, found.index));
  const rests = expandPlaceholders(value, scalar.slice(found.index + found[0].length), placeholders, isPattern);
  const own = placeholders[name] ?? [];
  if (own.length * rests.length > VALUES_MAX) value.fail(`more than ${VALUES_MAX} values`, "give fewer values");
  return own.flatMap((one) => rests.map((rest) => before + (isPattern ? escapePattern(one) : one) + String(rest)));
}

const plainPercents = (text: string): string => text.replaceAll(String.raw`\%`, "%");

const escapePattern = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
