import type { ParameterExpansionPart } from "unbash";

/** What a shell has before the line begins, as far as tricks such as `${PATH:0:1}` for a slash need it. */
const ENVIRONMENT: ReadonlyMap<string, string> = new Map([
  ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  ["HOME", "/home/user"],
  ["PWD", "/home/user"],
  ["SHELL", "/bin/bash"],
  ["OLDPWD", "/"],
]);

export interface ParameterSource {
  /** @returns what the line itself gave the variable */
  get(name: string): string | undefined;
  /** @returns a word of an operation, expanded */
  expand(word: string): string;
}

/** @returns what `${…}` stands for; undefined when the line does not tell */
export function expandParameter(part: ParameterExpansionPart, source: ParameterSource): string | undefined {
  const { parameter, prefix, operation } = part;
  if (parameter === "IFS" && operation === undefined && prefix === undefined) return source.get("IFS") ?? " ";
  const known = part.index === undefined ? source.get(parameter) : source.get(`${parameter}[${part.index.value}]`);
  if (prefix === "!") return known === undefined ? undefined : source.get(known);
  if (prefix === "#") return known === undefined ? undefined : String(known.length);
  if (operation === undefined) return known;
  if (operation.type === "Default") {
    const isSet = known !== undefined && known !== "";
    const isAlternative = operation.operator.endsWith("+");
    if (isAlternative) return isSet ? source.expand(operation.operand.text) : "";
    return isSet ? known : source.expand(operation.operand.text);
  }
  const value = known ?? ENVIRONMENT.get(parameter);
  return value === undefined ? undefined : transform(value, operation, source);
}

function transform(
  value: string,
  operation: NonNullable<ParameterExpansionPart["operation"]>,
  source: ParameterSource,
): string | undefined {
  switch (operation.type) {
    case "Slice":
      return slice(
        value,
        source.expand(operation.offset.text),
        operation.length && source.expand(operation.length.text),
      );
    case "Replace":
      return replace(
        value,
        operation.operator,
        source.expand(operation.pattern.text),
        source.expand(operation.replacement.text),
      );
    case "Remove":
      return remove(value, operation.operator, source.expand(operation.operand.text));
    case "CaseModification":
      return changeCase(value, operation.operator);
    case "Default":
    case "Transform":
    case "Names":
    case "Unknown":
      return value;
    default:
      return operation satisfies never;
  }
}

function slice(value: string, offset: string, length: string | undefined): string {
  const start = toNumber(offset);
  const begin = start < 0 ? Math.max(0, value.length + start) : start;
  if (length === undefined) return value.slice(begin);
  const count = toNumber(length);
  return count < 0 ? value.slice(begin, value.length + count) : value.slice(begin, begin + count);
}

const toNumber = (text: string): number => {
  const number = Number.parseInt(text.replaceAll(/[\s()]/g, ""), 10);
  return Number.isNaN(number) ? 0 : number;
};

function replace(value: string, operator: "/" | "//" | "/#" | "/%", pattern: string, by: string): string {
  if (pattern === "") return value;
  switch (operator) {
    case "//":
      return pattern === "?" || pattern === "*" ? by : value.split(pattern).join(by);
    case "/#":
      return value.startsWith(pattern) ? by + value.slice(pattern.length) : value;
    case "/%":
      return value.endsWith(pattern) ? value.slice(0, -pattern.length) + by : value;
    case "/": {
      const at = value.indexOf(pattern);
      return at < 0 ? value : value.slice(0, at) + by + value.slice(at + pattern.length);
    }
    default:
      return operator satisfies never;
  }
}

/** Patterns with a star at their far end (`#*x`, `%x*`) and plain texts; others leave the value as it is. */
function remove(value: string, operator: "#" | "##" | "%" | "%%", pattern: string): string {
  if (operator.startsWith("#")) {
    if (!pattern.startsWith("*")) return value.startsWith(pattern) ? value.slice(pattern.length) : value;
    const literal = pattern.slice(1);
    const at = operator === "##" ? value.lastIndexOf(literal) : value.indexOf(literal);
    return at < 0 ? value : value.slice(at + literal.length);
  }
  if (!pattern.endsWith("*")) return value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) : value;
  const literal = pattern.slice(0, -1);
  const at = operator === "%%" ? value.indexOf(literal) : value.lastIndexOf(literal);
  return at < 0 ? value : value.slice(0, at);
}

function changeCase(value: string, operator: "^" | "^^" | "," | ",,"): string {
  switch (operator) {
    case "^^":
      return value.toUpperCase();
    case ",,":
      return value.toLowerCase();
    case "^":
      return value.charAt(0).toUpperCase() + value.slice(1);
    case ",":
      return value.charAt(0).toLowerCase() + value.slice(1);
    default:
      return operator satisfies never;
  }
}
