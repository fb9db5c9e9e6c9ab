/** Conditions in words: the few shapes that playbooks use. What is not understood whole is not said at all. */

type Token = { readonly kind: "name" | "text" | "number" | "sign"; readonly text: string };

const TOKENS =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([A-Za-z_]\w*(?:\.[A-Za-z_][\w-]*)*)|(&&|\|\||[<>=!]=|[<>!()]))/y;

function tokenize(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  const source = text.trim();
  while (TOKENS.lastIndex < source.length) {
    const match = TOKENS.exec(source);
    if (match === null) return null;
    const [, quoted, number, name, sign] = match;
    if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1) });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  return tokens;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "==": "is",
  "!=": "is not",
  "<": "is below",
  "<=": "is at most",
  ">": "is above",
  ">=": "is at least",
};

const spaced = (name: string) =>
  name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(/[_.-]/g, " ")
    .toLowerCase();

/** What a name stands for, to whoever reads the playbook. */
function sayName(name: string, titles: ReadonlyMap<string, string>): string {
  const [root = "", id = "", member, ...rest] = name.split(".");
  if (root === "inputs" && id !== "") return spaced([id, ...(member === undefined ? [] : [member]), ...rest].join("."));
  if (root === "steps" && member === "state") return `“${titles.get(id) ?? id}”`;
  if (root === "steps" && member === "output") return `${spaced(rest.join("."))} of “${titles.get(id) ?? id}”`;
  if (root === "incident") return `the incident’s ${spaced(id)}`;
  if (root === "output") return spaced(name.split(".").slice(1).join(".")) || "the answer";
  return spaced(name);
}

class Unsayable extends Error {}

/** Reads tokens from the left; throws what is not one of the shapes. */
function createReader(tokens: readonly Token[], titles: ReadonlyMap<string, string>) {
  let at = 0;
  const isSign = (text: string) => tokens[at]?.kind === "sign" && tokens[at]?.text === text;
  const take = (): Token => {
    const token = tokens[at];
    if (token === undefined) throw new Unsayable();
    at += 1;
    return token;
  };
  const value = (): { readonly said: string; readonly token: Token } => {
    const token = take();
    if (token.kind === "sign") throw new Unsayable();
    return { token, said: token.kind === "name" ? sayName(token.text, titles) : sayLiteral(token) };
  };
  const single = (): string => {
    if (isSign("!")) {
      take();
      return `not ${single()}`;
    }
    if (isSign("(")) {
      take();
      const inner = either();
      if (take().text !== ")") throw new Unsayable();
      return `(${inner})`;
    }
    const left = value();
    if (isSign("(")) return known(left.token.text);
    const comparison = tokens[at]?.kind === "sign" ? COMPARISONS[tokens[at]?.text ?? ""] : undefined;
    if (comparison === undefined) return left.said;
    take();
    const right = value();
    if (left.token.text.endsWith(".state") && comparison === "is") return `${left.said} ${spaced(right.token.text)}`;
    return `${left.said} ${comparison} ${right.said}`;
  };
  /** `has(x)` */
  const known = (called: string): string => {
    take();
    const inner = value();
    if (called !== "has" || take().text !== ")") throw new Unsayable();
    return `${inner.said} is known`;
  };
  const both = (): string => chain(single, "&&", "and");
  const either = (): string => chain(both, "||", "or");
  const chain = (part: () => string, sign: string, word: string): string => {
    const parts = [part()];
    while (isSign(sign)) {
      take();
      parts.push(part());
    }
    return parts.join(` ${word} `);
  };
  return { either, isDone: () => at === tokens.length };
}

function sayLiteral({ kind, text }: Token): string {
  if (kind === "text" && text === "") return "empty";
  return kind === "text" ? `“${text}”` : text;
}

/**
 * @param titles of steps by their ids
 * @returns the condition in words, or null when it is of no shape that is known here
 */
export function sayCondition(expression: string, titles: ReadonlyMap<string, string>): string | null {
  const tokens = tokenize(expression);
  if (tokens === null || tokens.length === 0) return null;
  try {
    const reader = createReader(tokens, titles);
    const said = reader.either();
    return reader.isDone() ? said : null;
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}
