import type { Budget } from "./budget.ts";
import { decodeBase32, decodeBase64, decodeHex, rotate13, unpack } from "../text/decode.ts";

/** What a command prints, and whether it made a readable text out of an encoded one. */
export interface Output {
  readonly text: string;
  readonly isDecoded: boolean;
}

export interface CommandInput {
  readonly argv: readonly string[];
  readonly stdin: Output | undefined;
  /** texts that the line itself wrote into files */
  readonly readFile: (path: string) => Output | undefined;
}

/** @returns what the command prints, as far as the line itself tells; undefined when it does not */
export function knowOutput(input: CommandInput, budget: Budget): Output | undefined {
  const output = findOutput(input);
  return output && { ...output, text: budget.clipText(output.text) };
}

function findOutput(input: CommandInput): Output | undefined {
  const [name = "", ...args] = input.argv;
  switch (name.slice(name.lastIndexOf("/") + 1)) {
    case "echo":
      return plain(echo(args));
    case "printf":
      return plain(printf(args));
    case ":":
    case "true":
      return plain("");
    case "cat":
    case "tee":
    case "head":
    case "tail":
    case "sort":
    case "uniq":
      return readInput(input, name === "tee" ? [] : args);
    case "base64":
      return isDecoding(args, /^(?:-\w*[dD]\w*|--d(?:ecode)?.*)$/)
        ? decoded(readInput(input, args), decodeBase64)
        : undefined;
    case "base32":
      return isDecoding(args, /^(?:-\w*d\w*|--d(?:ecode)?.*)$/)
        ? decoded(readInput(input, args), decodeBase32)
        : undefined;
    case "openssl":
      return isDecoding(args, /^-d$/) && args.some((one) => /^-?base64$|^-a$/.test(one))
        ? decoded(readInput(input, valueOf(args, "-in")), decodeBase64)
        : undefined;
    case "xxd":
      return isDecoding(args, /^-\w*r\w*$/) ? decoded(readInput(input, args), decodeHex) : undefined;
    case "gunzip":
    case "zcat":
    case "gzip":
    case "zlib-flate":
      return name !== "gzip" || isDecoding(args, /^-\w*d/) ? decoded(readInput(input, args), unpack) : undefined;
    case "rev":
      return decoded(readInput(input, args), reverse);
    case "tr":
      return translate(input.stdin, args);
    case "rot13":
      return decoded(input.stdin, rotate13);
    default:
      return undefined;
  }
}

const plain = (text: string): Output => ({ text, isDecoded: false });
const isDecoding = (args: readonly string[], flag: RegExp): boolean => args.some((one) => flag.test(one));
const reverse = (text: string): string =>
  text
    .split("\n")
    .map((line) => Array.from(line).toReversed().join(""))
    .join("\n");

function valueOf(args: readonly string[], flag: string): string[] {
  const value = args[args.indexOf(flag) + 1];
  return args.includes(flag) && value !== undefined ? [value] : [];
}

function decoded(output: Output | undefined, decode: (text: string) => string | undefined): Output | undefined {
  const text = output === undefined ? undefined : decode(output.text);
  return text === undefined ? undefined : { text, isDecoded: true };
}

function readInput({ stdin, readFile }: CommandInput, args: readonly string[]): Output | undefined {
  const files = args.filter((one) => !one.startsWith("-") && !/^\d+$/.test(one));
  if (files.length === 0) return stdin;
  const outputs = files.map((file) => readFile(file));
  if (outputs.some((output) => output === undefined)) return undefined;
  return {
    text: outputs.map((output) => output?.text ?? "").join(""),
    isDecoded: outputs.some((output) => output?.isDecoded === true),
  };
}

function echo(args: readonly string[]): string {
  const start = args.findIndex((one) => !/^-[neE]+$/.test(one));
  const words = start < 0 ? [] : args.slice(start);
  const flags = args.slice(0, start < 0 ? args.length : start).join("");
  const text = words.join(" ");
  const shown = flags.includes("e") || /\\x|\\[0-7]{3}/.test(text) ? unescape(text) : text;
  return flags.includes("n") ? shown : `${shown}\n`;
}

const FORMAT_ARGUMENTS_MAX = 200;

function printf(args: readonly string[]): string {
  const [format = "", ...values] = args[0] === "--" ? args.slice(1) : args;
  const left = values.slice(0, FORMAT_ARGUMENTS_MAX);
  let text = "";
  let before: number;
  // the format is used again as long as arguments are left
  do {
    before = left.length;
    text += unescape(format).replaceAll(/%(?:%|-?\d*(?:\.\d+)?[sbqdxXcu])/g, (piece) => {
      if (piece === "%%") return "%";
      const value = left.shift() ?? "";
      return piece.endsWith("b") ? unescape(value) : value;
    });
  } while (left.length > 0 && left.length < before);
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  e: "\u001b",
  a: "",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
};

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:x([\da-f]{1,2})|u([\da-f]{1,4})|0?([0-7]{1,3})|([ntreabfv\\]))/gi,
    (piece, hex, unicode, octal, letter) => {
      if (typeof hex === "string") return String.fromCharCode(Number.parseInt(hex, 16));
      if (typeof unicode === "string") return String.fromCharCode(Number.parseInt(unicode, 16));
      if (typeof octal === "string") return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return typeof letter === "string" ? (ESCAPES[letter] ?? piece) : piece;
    },
  );
}

/** `tr` with two sets of the same length, such as the rotation by 13; `-d` deletes. */
function translate(stdin: Output | undefined, args: readonly string[]): Output | undefined {
  if (stdin === undefined) return undefined;
  const [first, second] = args.filter((one) => !one.startsWith("-")).map(expandSet);
  if (first === undefined) return undefined;
  const removes = args.includes("-d");
  if (!removes && second === undefined) return stdin;
  const letters = new Map(
    Array.from(first, (letter, at) => [letter, removes ? "" : (second?.[at] ?? second?.at(-1) ?? "")]),
  );
  return { text: Array.from(stdin.text, (letter) => letters.get(letter) ?? letter).join(""), isDecoded: true };
}

function expandSet(set: string): string {
  return unescape(set).replaceAll(/([a-zA-Z\d])-([a-zA-Z\d])/g, (_, from: string, to: string) => {
    const first = from.charCodeAt(0);
    const length = Math.max(0, to.charCodeAt(0) - first + 1);
    return String.fromCharCode(...Array.from({ length }, (_unused, index) => first + index));
  });
}
