import { entropyOf } from "./char-class.ts";
import type { NamedCategory } from "./names.ts";
import { PUBLISHED_EXAMPLES } from "./key-formats.ts";

/** How sure it is that a value follows the name: `loose` in prose after a colon or a space, `tight` after `=` or in quotes. */
export type Binding = "tight" | "loose";

/** Words that stand where a value would, when there is none. */
const NO_VALUES = new Set(
  "none null nil undefined true false yes no string required optional empty missing incorrect invalid wrong correct expired hidden unknown unset default redacted todo tbd n/a password passwd secret token key example changed updated rotated".split(
    " ",
  ),
);
/** A reference to a secret, or a mask in its place. */
const REFERENCE =
  /^(?:[$%{<([]|\[REDACTED|process\.env|os\.environ|env\.|secrets?\.|vault:|arn:|self\.|this\.|config\.|settings\.|args\.)/i;
const MASK = /^[*.x•_-]+$/i;
const IDENTIFIER_CALL = /^[A-Za-z_][\w.]*[([]/;

/** @returns whether a value under a name of that category is what the name says */
export function isValueOf(category: NamedCategory, value: string, binding: Binding): boolean {
  if (value === "" || REFERENCE.test(value) || MASK.test(value)) return false;
  switch (category) {
    case "PWD":
      return isPassword(value, binding);
    case "KEY":
      return isKey(value);
    case "SSN":
      return /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(value);
    case "CC":
      return /^\d(?:[ -]?\d){11,18}$/.test(value);
    case "BANK":
      return /^[A-Z\d](?:[ -]?[A-Z\d]){4,33}$/i.test(value) && /\d{4}/.test(value);
    case "PHONE":
      return /^[+(]?\d[\d ().-]{5,30}$/.test(value);
    case "DOB":
      return DATE.test(value);
    case "EMAIL":
      return value.includes("@");
    case "NAME":
      return binding === "tight" && /\p{L}{2}/u.test(value) && !/[\d_/\\{}<>=]/.test(value);
    case "USER":
      return binding === "tight" && value.length <= USER_CHARACTERS_MAX && /^[\p{L}\d][\p{L}\d.@+_:-]*$/u.test(value);
    case "LOC":
      return binding === "tight" && isLocation(value);
    case "ADDR":
      return binding === "tight" && /\p{L}{2}/u.test(value) && /[\d ]/.test(value);
    default:
      return category satisfies never;
  }
}

export const DATE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}\.? \p{L}{3,12}\.?,? \d{4}|\p{L}{3,12}\.? \d{1,2},? \d{4})(?!\d)/u;
/** `PWD` is also the shell's working directory. */
const PATH = /^(?:~?\/|[A-Z]:\\)/i;
const PASSWORD_CHARACTERS_MIN = 4;
const KEY_CHARACTERS_MIN = 10;
const KEY_ENTROPY_MIN = 2.8;
const LETTERS_ONLY_ENTROPY_MIN = 3.6;

const USER_CHARACTERS_MAX = 128;
const PLACE_CHARACTERS_MAX = 120;

/** Degrees, a pair of them, a postal code or the name of a place; no path and no address of a page. */
function isLocation(value: string): boolean {
  if (COORDINATES.test(value)) return true;
  return value.length <= PLACE_CHARACTERS_MAX && /[\p{L}\d]{2}/u.test(value) && !/[/\\{}<>=_]|::/.test(value);
}

export const COORDINATES = /^[-+]?\d{1,3}(?:\.\d+)?(?:\s*[,;]\s*[-+]?\d{1,3}(?:\.\d+)?)?$/;

function isPassword(value: string, binding: Binding): boolean {
  if (value.length < PASSWORD_CHARACTERS_MIN || isNoValue(value) || PATH.test(value)) return false;
  if (binding === "loose" && IDENTIFIER_CALL.test(value)) return false;
  return binding === "tight" || /[\d!-/:-@[-`{-~]/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value.slice(1)));
}

/** Random enough: hyphenated words, paths and identifiers are not. */
function isKey(value: string): boolean {
  if (value.length < KEY_CHARACTERS_MIN || isNoValue(value) || IDENTIFIER_CALL.test(value)) return false;
  if (value.startsWith("/") || value.startsWith("./") || value.includes("://")) return false;
  const entropy = entropyOf(value, 0, value.length);
  if (/\d/.test(value)) return entropy >= KEY_ENTROPY_MIN;
  const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value);
  return isMixed && !/[\s_.-]/.test(value) && value.length >= 16 && entropy >= LETTERS_ONLY_ENTROPY_MIN;
}

function isNoValue(value: string): boolean {
  return NO_VALUES.has(value.toLowerCase()) || PUBLISHED_EXAMPLES.has(value);
}
