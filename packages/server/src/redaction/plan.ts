import { RE2JS } from "re2js";
import type { RedactionCategory } from "@firebreak/protocol";
import type { RedactionPolicy } from "../kernel/index.ts";

/** A policy made ready: what is looked for, what is taken out, what stands in its place. */
export interface RedactionPlan {
  readonly wanted: ReadonlySet<RedactionCategory>;
  readonly custom: readonly CustomPattern[];
  /** whether numbers of any size may be personal by their names */
  readonly looksAtNumbers: boolean;
  replaces(category: RedactionCategory): boolean;
  /** whether what is taken out is handed on, to be kept encrypted */
  keeps(category: RedactionCategory): boolean;
  isAllowed(value: string): boolean;
  tokenOf(category: RedactionCategory, type: string): string;
}

interface CustomPattern {
  readonly name: string;
  readonly find: (text: string) => { start: number; end: number }[];
}

const SECRETS: readonly RedactionCategory[] = ["KEY", "PWD"];
/** Taken out whatever `categories` says, while personal data is looked for at all. */
const ALWAYS: readonly RedactionCategory[] = ["SSN", "CC", "BANK"];

export function planRedaction(policy: RedactionPolicy): RedactionPlan {
  const { secrets, pii, categories, allow, custom, reversible } = policy;
  const wanted = new Set<RedactionCategory>();
  if (secrets !== "off") for (const category of SECRETS) wanted.add(category);
  if (pii !== "off") for (const category of [...ALWAYS, ...categories]) wanted.add(category);
  const isSecret = (category: RedactionCategory) => SECRETS.includes(category);
  const replaces = (category: RedactionCategory) => (isSecret(category) ? secrets : pii) === "redact";
  const tokenOf = (name: string) => policy.token.replace("EMAIL", () => name);
  const tokens = new Map(custom.map(({ name, redaction }) => [name, redaction ?? tokenOf(name)]));
  return {
    wanted,
    custom: pii === "off" ? [] : custom.map(({ name, pattern }) => compileCustom(name, pattern)),
    looksAtNumbers: wanted.has("USER") || wanted.has("LOC"),
    replaces,
    keeps: (category) => replaces(category) && (reversible === "all" || (reversible === "pii" && !isSecret(category))),
    isAllowed: createAllowList(allow),
    tokenOf: (category, type) => (category === "CUSTOM" ? tokens.get(type) : undefined) ?? tokenOf(category),
  };
}

/** The engine of RE2: linear in the text whatever the pattern. */
function compileCustom(name: string, pattern: string): CustomPattern {
  const compiled = RE2JS.compile(pattern);
  return {
    name,
    find: (text) => {
      const found: { start: number; end: number }[] = [];
      const matcher = compiled.matcher(text);
      while (matcher.find())
        if (matcher.end() > matcher.start()) found.push({ start: matcher.start(), end: matcher.end() });
      return found;
    },
  };
}

/** Whole values without regard to case; `@example.org` allows every address there. */
function createAllowList(allow: readonly string[]): (value: string) => boolean {
  if (allow.length === 0) return () => false;
  const whole = new Set(allow.map((value) => value.toLowerCase()));
  return (value) => {
    const folded = value.toLowerCase();
    const sign = folded.lastIndexOf("@");
    return whole.has(folded) || (sign >= 0 && whole.has(folded.slice(sign)));
  };
}
