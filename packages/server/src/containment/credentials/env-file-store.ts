import type { CredentialStore } from "./credential-store.ts";
import { readRegularFile, replaceFile } from "./replace-file.ts";
import { StoreFault } from "./store-fault.ts";

/** One variable of a file of `NAME=value` lines; comments, order, quotes and all other lines stay as they are. */
export function envFileStore(path: string, variable: string): CredentialStore {
  return {
    label: `${variable} in ${path}`,
    read: async () => readVariable(readRegularFile(path) ?? "", variable),
    write: async (value) => replaceFile(path, writeVariable(readRegularFile(path) ?? "", variable, value)),
  };
}

/** `export NAME = 'value' # comment`: what is before the value, the value as it stands, and what is after it */
const LINE =
  /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\r\n]*?)([ \t]*(?:[ \t]#[^\r\n]*)?\r?)$/;

/** @returns the value of the last line that sets it, which is the one that counts; null when none does */
export function readVariable(text: string, variable: string): string | null {
  const raw = text
    .split("\n")
    .flatMap((line) => {
      const found = LINE.exec(line);
      return found?.[2] === variable ? [found[3] ?? ""] : [];
    })
    .at(-1);
  return raw === undefined ? null : unquote(raw);
}

function unquote(raw: string): string {
  if (raw.length >= 2 && raw.startsWith("'") && raw.endsWith("'")) return raw.slice(1, -1);
  if (raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"')) return raw.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  return raw;
}

/** Every line that sets it gets the new value, so that the old one is nowhere; without any, one is added. */
export function writeVariable(text: string, variable: string, value: string): string {
  let found = false;
  const lines = text.split("\n").map((line) => {
    const [, before, name, raw = "", after = ""] = LINE.exec(line) ?? [];
    if (name !== variable) return line;
    found = true;
    return `${before ?? ""}${quote(value, raw)}${after}`;
  });
  if (found) return lines.join("\n");
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${gap}${variable}=${quote(value, "")}\n`;
}

/** In the quotes that were there, where the value bears them: shells and readers of such files differ on all else. */
function quote(value: string, before: string): string {
  if (/^[\w./+=:@%^,~-]*$/.test(value)) {
    if (before.startsWith("'")) return `'${value}'`;
    return before.startsWith('"') ? `"${value}"` : value;
  }
  if (!/['\r\n]/.test(value)) return `'${value}'`;
  throw new StoreFault("the new value has quotes or line ends, which such a file cannot hold safely");
}
