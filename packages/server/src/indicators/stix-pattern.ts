import type { IndicatorType } from "@firebreak/protocol";

export interface Comparison {
  readonly type: IndicatorType;
  readonly value: string;
}

export type ParsedPattern = { ok: true; comparisons: readonly Comparison[] } | { ok: false; message: string };

const PATHS: Readonly<Record<string, IndicatorType>> = {
  "ipv4-addr:value": "ip",
  "ipv6-addr:value": "ip",
  "domain-name:value": "domain",
  "url:value": "url",
  "email-addr:value": "email",
  "email-message:sender_ref.value": "email",
  "email-message:from_ref.value": "email",
  "file:name": "file_name",
  "cryptocurrency-wallet:value": "wallet",
};

const COMPARISONS_MAX = 1000;
/** A path, a text in quotes, a sign, a word. */
const TOKEN = /\s*(?:([a-z\d-]+:(?:[\w.*-]|'[^']*')+)|'((?:[^'\\]|\\.)*)'|([[\](),=]|!=|<=?|>=?)|([A-Za-z]+))/y;

/** Signs and paths of it, in their order; empty: a text. */
const PATH_FORM = ["file:parent_directory_ref.path", "=", "", "AND", "file:name", "=", ""];

type Token =
  | { readonly kind: "path" | "text" | "sign"; readonly text: string }
  | { readonly kind: "word"; readonly text: string };

/** Reads patterns that name values: `[domain-name:value = 'evil.example' OR url:value IN ('…', '…')]`. */
export function parseStixPattern(pattern: string): ParsedPattern {
  const tokens = readTokens(pattern);
  if (tokens === undefined) return refuse("cannot be read as a STIX pattern");
  return new PatternReader(tokens).read();
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}

function readTokens(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  const end = pattern.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(pattern);
    if (found === null) return undefined;
    const [, path, text, sign, word] = found;
    if (path !== undefined) tokens.push({ kind: "path", text: path });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.replaceAll(/\\(.)/g, "$1") });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else tokens.push({ kind: "word", text: (word ?? "").toUpperCase() });
  }
  return tokens;
}

class PatternReader {
  readonly #tokens: readonly Token[];
  readonly #comparisons: Comparison[] = [];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): ParsedPattern {
    for (;;) {
      const problem = this.#readObservation();
      if (problem !== undefined) return refuse(problem);
      if (this.#tokens[this.#at] === undefined) return { ok: true, comparisons: this.#comparisons };
      if (!this.#take("word", "OR")) return refuse(`joins observations by ${this.#next}; only OR is read`);
    }
  }

  get #next(): string {
    return this.#tokens[this.#at]?.text ?? "the end";
  }

  #take(kind: Token["kind"], text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  /** @returns what is wrong, or undefined */
  #readObservation(): string | undefined {
    if (!this.#take("sign", "[")) return `has ${this.#next} where [ is needed`;
    do {
      if (this.#takePath()) continue;
      const problem = this.#readComparison();
      if (problem !== undefined) return problem;
    } while (this.#take("word", "OR"));
    return this.#take("sign", "]") ? undefined : `joins comparisons by ${this.#next}; only OR is read`;
  }

  /** The one AND that names a single thing: the folder of a file and its name. */
  #takePath(): boolean {
    const tokens = this.#tokens.slice(this.#at, this.#at + PATH_FORM.length);
    const texts = tokens.filter(({ kind }) => kind === "text").map(({ text }) => text);
    const form = tokens.map(({ kind, text }) => (kind === "text" ? "" : text));
    const [directory, name] = texts;
    if (form.join(" ") !== PATH_FORM.join(" ") || directory === undefined || name === undefined) return false;
    this.#at += PATH_FORM.length;
    const sign = directory.includes("\\") ? "\\" : "/";
    this.#comparisons.push({
      type: "file_path",
      value: directory.endsWith(sign) ? directory + name : directory + sign + name,
    });
    return true;
  }

  #readComparison(): string | undefined {
    const path = this.#tokens[this.#at];
    if (path?.kind !== "path") return `has ${this.#next} where a path is needed`;
    const type = path.text.startsWith("file:hashes.") ? "hash" : PATHS[path.text];
    if (type === undefined) return `compares ${path.text}, which is not read`;
    this.#at += 1;
    if (this.#take("sign", "=") || this.#take("word", "ISSUBSET")) return this.#readValue(type);
    if (!this.#take("word", "IN")) return `compares by ${this.#next}; only =, IN and ISSUBSET are read`;
    if (!this.#take("sign", "(")) return "has no list after IN";
    do {
      const problem = this.#readValue(type);
      if (problem !== undefined) return problem;
    } while (this.#take("sign", ","));
    return this.#take("sign", ")") ? undefined : "has a list that does not end";
  }

  #readValue(type: IndicatorType): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "text") return `has ${this.#next} where a text is needed`;
    if (this.#comparisons.length >= COMPARISONS_MAX) return `names more than ${COMPARISONS_MAX} values`;
    this.#at += 1;
    this.#comparisons.push({ type, value: token.text });
    return undefined;
  }
}
