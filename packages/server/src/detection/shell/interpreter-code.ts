import { decodeBase64, decodeHex } from "../text/decode.ts";

/** Programs that run code given as a word, and the option that precedes it. */
const INTERPRETERS: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:python[\d.]*|pypy[\d.]*)$/, /^-\w*c$/],
  [/^(?:perl|ruby|lua[\d.]*|osascript)$/, /^-\w*[eE]$/],
  [/^(?:node|nodejs|bun|deno|tsx)$/, /^(?:-e|-p|-pe|--eval|--print|eval)$/],
  [/^php[\d.]*$/, /^-r$/],
  [/^(?:[gmn]?awk)$/, /^$/],
];

/** Quick to say no: most programs are none of them. */
const MAY_INTERPRET = /^(?:py|perl|ruby|lua|osa|node|bun|deno|tsx|php|.?awk)/;

const CODE_CHARACTERS_MAX = 16 * 1024;
const SCRIPTS_MAX = 8;
const DECODED_DEEP_MAX = 2;

export interface CodeScript {
  readonly text: string;
  readonly isDecoded: boolean;
}

/** @returns the shell commands in the code that an interpreter is given on its command line */
export function readInterpreterCode(program: string, argv: readonly string[]): CodeScript[] {
  if (!MAY_INTERPRET.test(program)) return [];
  const found = INTERPRETERS.find(([name]) => name.test(program));
  if (found === undefined) return [];
  const at = argv.findIndex((word, index) => index > 0 && found[1].test(word));
  const code = program.endsWith("awk") ? argv.find((word, index) => index > 0 && /system|\|/.test(word)) : argv[at + 1];
  if (code === undefined || (at < 0 && !program.endsWith("awk"))) return [];
  return findShellCalls(code.slice(0, CODE_CHARACTERS_MAX), 0).slice(0, SCRIPTS_MAX);
}

const CALL =
  /\b(?:system|popen2?|getoutput|getstatusoutput|run|call|check_call|check_output|Popen|spawn(?:Sync|_process)?|exec(?:Sync|File|FileSync|l|le|lp|lpe|v|ve|vp|vpe)?|shell_exec|passthru|proc_open|do shell script)\b\s*[([]?|\bqx\s*\W|%x\W/g;
const LITERAL = /"((?:[^"\\\n]|\\.){1,4096})"|'((?:[^'\\\n]|\\.){1,4096})'|`((?:[^`\\]|\\.){1,4096})`/y;
const ENCODED = /["']([A-Za-z\d+/]{16,8192}={0,2}|(?:\\x[\da-fA-F]{2}){4,2048})["']/g;
const LITERALS_OF_A_CALL_MAX = 24;

/** Finds literals behind calls that start a process, also in code that is a literal in base64 or hexadecimal. */
function findShellCalls(code: string, depth: number): CodeScript[] {
  const isDecoded = depth > 0;
  const scripts: CodeScript[] = [];
  for (const { 0: call, index } of code.matchAll(CALL)) {
    if (scripts.length >= SCRIPTS_MAX) break;
    const script = readCall(code, index + call.length);
    if (script !== undefined) scripts.push({ text: script, isDecoded });
  }
  for (const [, text = ""] of code.matchAll(/`([^`\n]{2,1024})`/g)) {
    if (scripts.length < SCRIPTS_MAX) scripts.push({ text, isDecoded });
  }
  if (depth >= DECODED_DEEP_MAX) return scripts;
  for (const [, encoded = ""] of code.matchAll(ENCODED)) {
    const inner = encoded.startsWith("\\x") ? decodeHex(encoded) : decodeBase64(encoded);
    if (inner !== undefined) scripts.push(...findShellCalls(inner, depth + 1));
  }
  return scripts;
}

/** One literal is a line for a shell; a list of literals is a command and its arguments. */
function readCall(code: string, start: number): string | undefined {
  const words: string[] = [];
  let at = start;
  let isList = false;
  while (at < code.length && words.length < LITERALS_OF_A_CALL_MAX) {
    const gap = /[\s,([{]*/y;
    gap.lastIndex = at;
    const skipped = gap.exec(code)?.[0] ?? "";
    if (skipped.includes("[") || skipped.includes(",")) isList = true;
    at += skipped.length;
    LITERAL.lastIndex = at;
    const found = LITERAL.exec(code);
    if (found === null) break;
    words.push((found[1] ?? found[2] ?? found[3] ?? "").replaceAll(/\\(["'`\\])/g, "$1"));
    at += found[0].length;
  }
  if (words.length <= 1 || !isList) return words[0];
  return words
    .map((word) => (/[\s;|&<>()]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : word))
    .join(" ");
}
