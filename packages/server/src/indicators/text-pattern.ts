import { RE2JS } from "re2js";
import { messageOf } from "../kernel/index.ts";
import { requiredLiteral } from "./required-literal.ts";

export type TextPattern =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly message: string };

const CHARACTERS_MAX = 1000;
const PROGRAM_MAX = 5_000;
const LITERAL_CHARACTERS_MIN = 3;

/**
 * A pattern of RE2, which is linear in the text whatever it is. It must hold a run of letters that every match has: texts
 * without it are passed over by a plain search, so that patterns cost the intake next to nothing.
 */
export function compileTextPattern(source: string): TextPattern {
  if (source.length > CHARACTERS_MAX) return refuse("is longer than 1,000 characters");
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (fault) {
    return refuse(`is no pattern of RE2: ${messageOf(fault)}`);
  }
  if (compiled.programSize() > PROGRAM_MAX) return refuse("grows too large: use smaller repeats");
  const literal = requiredLiteral(source);
  if (literal === undefined || literal.text.length < LITERAL_CHARACTERS_MIN) {
    return refuse(`has no ${LITERAL_CHARACTERS_MIN} letters in a row that every match has, outside groups`);
  }
  const { text: run, isFolded } = literal;
  const needle = isFolded ? fold(run) : run;
  return { ok: true, test: (text) => (isFolded ? fold(text) : text).includes(needle) && compiled.test(text) };
}

function refuse(message: string): TextPattern {
  return { ok: false, message };
}

/** Both ways, because some letters meet in one direction only. */
function fold(text: string): string {
  return text.toLowerCase().toUpperCase();
}
