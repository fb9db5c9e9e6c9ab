import { decodeBase64, decodeUtf16Base64 } from "../text/decode.ts";

/** What a command line hands to PowerShell or cmd.exe. */
export interface OtherScript {
  readonly text: string;
  readonly isDecoded: boolean;
}

/** PowerShell takes any beginning of a parameter's name, and dashes of several kinds. */
function isParameter(word: string, name: string, minimum: number): boolean {
  const rest = /^[-/\u2013\u2014\u2015](\w+)$/.exec(word)?.[1]?.toLowerCase();
  return rest !== undefined && rest.length >= minimum && name.startsWith(rest);
}

const isEncoded = (word: string): boolean => isParameter(word, "encodedcommand", 1) || isParameter(word, "ec", 2);

/** @returns the script of `powershell -Command …`, or the text behind `-EncodedCommand …` in any spelling */
export function readPowershell(argv: readonly string[]): OtherScript | undefined {
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (isEncoded(word)) {
      const text = decodeUtf16Base64(argv[index + 1] ?? "");
      return text === undefined ? undefined : { text, isDecoded: true };
    }
    if (isParameter(word, "command", 1)) return { text: argv.slice(index + 1).join(" "), isDecoded: false };
  }
  const bare = argv.slice(1).filter((word) => !word.startsWith("-"));
  return bare.length === 0 ? undefined : { text: bare.join(" "), isDecoded: false };
}

/** @returns the script of `cmd /c …`, without carets */
export function readCmd(argv: readonly string[]): OtherScript | undefined {
  const at = argv.findIndex((word) => /^\/[ck]$/i.test(word));
  return at < 0
    ? undefined
    : {
        text: argv
          .slice(at + 1)
          .join(" ")
          .replaceAll("^", ""),
        isDecoded: false,
      };
}

const PARTS_MAX = 16;

/** The commands of a PowerShell or cmd script: split where statements and pipes are, without backticks; not interpreted. */
export function splitScript(text: string): string[] {
  const inner = [...text.matchAll(/FromBase64String\(\s*['"]([A-Za-z\d+/=]{8,8192})['"]/gi)]
    .map(([, encoded = ""]) => decodeUtf16Base64(encoded) ?? decodeBase64(encoded))
    .filter((one) => one !== undefined);
  return [text, ...inner]
    .flatMap((one) => one.split(/[;\n|]+|&&/))
    .map((part) =>
      part
        .replaceAll("`", "")
        .replace(/^[\s&({.]+(?=["'\w])/, "")
        .trim(),
    )
    .filter(Boolean)
    .slice(0, PARTS_MAX);
}
