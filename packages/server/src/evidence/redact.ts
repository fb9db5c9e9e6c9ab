import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { classifyName, createRedactor } from "../redaction/index.ts";

/** Secrets only: what tells of persons is evidence. */
const redactor = createRedactor({ ...DEFAULT_REDACTION, pii: "off" });

/** Names of an environment that hold secrets whatever their values look like; `classifyName` knows the rest. */
const SECRET_NAME = /(^|[_.-])(keys?|tokens?|auth|private|seed|dsn|signature)([_.-]|$)/i;
const TOKEN = /\[REDACTED: \w+\]/g;

/** Replaces every secret of a known form by a token such as `[REDACTED: KEY]`. */
export function redactText(text: string): { text: string; redactions: number } {
  const masked = redactor.maskText(text);
  return { text: masked, redactions: masked === text ? 0 : (masked.match(TOKEN) ?? []).length };
}

/** Redacts `NAME=value` pairs of an environment by name and by form. */
export function redactEnvironment(pairs: readonly string[]): { pairs: string[]; redactions: number } {
  let redactions = 0;
  const redacted = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    if (equals > 0 && isSecretName(name) && pair.length > equals + 1) {
      redactions += 1;
      return `${name}=[REDACTED: KEY, ${pair.length - equals - 1} characters]`;
    }
    const byForm = redactText(pair);
    redactions += byForm.redactions;
    return byForm.text;
  });
  return { pairs: redacted, redactions };
}

export function isSecretName(name: string): boolean {
  const category = classifyName(name);
  return category === "KEY" || (category === "PWD" && name !== "PWD" && name !== "OLDPWD") || SECRET_NAME.test(name);
}
