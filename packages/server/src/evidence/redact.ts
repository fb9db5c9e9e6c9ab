/**
 * Names of environment variables and settings whose values are secrets. The value is replaced whole; the name and the
 * value's length stay, so that a reader sees what was there.
 */
const SECRET_NAME =
  /(^|[_.-])(key|keys|apikey|token|tokens|secret|secrets|pass|passwd|password|passphrase|pwd|credential|credentials|auth|authorization|cookie|private|mnemonic|seed|dsn|jwt|signature)([_.-]|$)|(apikey|token|secret|password|passphrase|credentials?)$/i;

/** Forms of keys that are secret wherever they stand; from the vendors' published prefixes. */
const SECRET_VALUES: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "KEY", pattern: /\bsk-[A-Za-z0-9_-]{16,}/g },
  { name: "KEY", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: "KEY", pattern: /\bgh[pousr]_[A-Za-z0-9]{20,}/g },
  { name: "KEY", pattern: /\bgithub_pat_[A-Za-z0-9_]{20,}/g },
  { name: "KEY", pattern: /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g },
  { name: "KEY", pattern: /\bfbk_[0-9A-Za-z_-]{20,}/g },
  { name: "KEY", pattern: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g },
  { name: "KEY", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g },
  { name: "PWD", pattern: /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/[^/\s:@]{0,100}:)[^/\s:@]{1,200}(?=@)/gi },
];

/** Replaces every known form of a key by `[REDACTED: KEY]`. */
export function redactText(text: string): { text: string; redactions: number } {
  let redactions = 0;
  let result = text;
  for (const { name, pattern } of SECRET_VALUES) {
    result = result.replace(pattern, () => {
      redactions += 1;
      return `[REDACTED: ${name}]`;
    });
  }
  return { text: result, redactions };
}

/** Redacts `NAME=value` pairs of an environment by name and by form. */
export function redactEnvironment(pairs: readonly string[]): { pairs: string[]; redactions: number } {
  let redactions = 0;
  const redacted = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    if (equals > 0 && SECRET_NAME.test(name) && pair.length > equals + 1) {
      redactions += 1;
      return `${name}=[REDACTED: KEY, ${pair.length - equals - 1} characters]`;
    }
    const byForm = redactText(pair);
    redactions += byForm.redactions;
    return byForm.text;
  });
  return { pairs: redacted, redactions };
}
