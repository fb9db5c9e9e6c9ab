import type { IndicatorType } from "@firebreak/protocol";
import { formatAddress, parseAddress } from "../kernel/index.ts";
import { toFilePath } from "./file-path.ts";
import { HASH_DIGITS, readUrl, toDomain } from "./normalize.ts";
import { toWalletKey } from "./wallet.ts";

/** Something in a text that an indicator could name, in the form of indicators. */
export type ObservedType = Exclude<IndicatorType, "cidr" | "pattern">;
export type Observe = (type: ObservedType, value: string) => void;

const TEXT_CHARACTERS_MIN = 4;
const TOKEN_CHARACTERS_MAX = 512;
const URL_CHARACTERS_MAX = 2048;
/** Ends a word of a command line, a log or JSON. */
const TOKEN = /[^\s"'`<>(){}|;,=&?#*$!^[\]]{4,}/g;
const URL_SIGN = "://";
const SCHEME_CHARACTERS_MAX = 12;

/** Finds addresses, hosts, URLs, hashes, e-mail addresses, wallets, file names and paths, in time linear in the text. */
export function observeText(text: string, observe: Observe): void {
  if (text.length < TEXT_CHARACTERS_MIN) return;
  observeUrls(text, observe);
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.length <= TOKEN_CHARACTERS_MAX) observeToken(token, observe);
    else observeFileName(token.slice(-TOKEN_CHARACTERS_MAX), observe);
  }
  if (text.includes("[") && text.includes("]:")) observeBracketed(text, observe);
}

function observeUrls(text: string, observe: Observe): void {
  for (let sign = text.indexOf(URL_SIGN); sign > 0; sign = text.indexOf(URL_SIGN, sign + URL_SIGN.length)) {
    const scheme = /[a-z][a-z\d+.-]*$/i.exec(text.slice(Math.max(0, sign - SCHEME_CHARACTERS_MAX), sign))?.[0];
    if (scheme === undefined) continue;
    const start = sign - scheme.length;
    const end = endOfUrl(text, sign + URL_SIGN.length);
    const url = readUrl(text.slice(start, end));
    if (url === undefined) continue;
    observe("url", url.text);
    const query = url.text.indexOf("?");
    if (query > 0) observe("url", url.text.slice(0, query));
    observeHost(url.host, observe);
  }
}

function endOfUrl(text: string, from: number): number {
  const stop = Math.min(text.length, from + URL_CHARACTERS_MAX);
  let end = from;
  while (end < stop && !ENDS_URL.has(text[end] ?? "")) end += 1;
  while (end > from && ".,;:!)".includes(text[end - 1] ?? "")) end -= 1;
  return end;
}

const ENDS_URL: ReadonlySet<string> = new Set(" \t\r\n\"'`<>\\|{}^".split(""));

function observeHost(host: string, observe: Observe): void {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  const address = parseAddress(bare);
  if (address !== undefined) observe("ip", formatAddress(address));
  else {
    const domain = toDomain(bare);
    if (domain !== undefined) observe("domain", domain);
  }
}

function observeToken(token: string, observe: Observe): void {
  const word = trimPunctuation(token);
  if (HASH_DIGITS.has(word.length) && /^[\da-f]+$/i.test(word)) return observe("hash", word.toLowerCase());
  const isPath = word.includes("/") || word.includes("\\");
  if (word.includes("@")) observeAccount(word, observe);
  else if (word.includes(".") || word.includes(":")) observePlace(word, isPath, observe);
  if (isPath || word.includes(".")) observeFileName(word, observe);
  if (isPath) observeFilePath(word, observe);
  else observeWallet(word, observe);
  // `SHA256:abc…`, `md5-abc…`
  const digest = /^(?:md5|sha-?(?:1|256|512))[:-]([\da-f]{32,128})$/i.exec(word)?.[1];
  if (digest !== undefined && HASH_DIGITS.has(digest.length)) observe("hash", digest.toLowerCase());
}

/** `host`, `host:port`, `host/path`, an address with or without a port or prefix. */
function observePlace(word: string, isPath: boolean, observe: Observe): void {
  const host = isPath ? (word.split(/[/\\]/, 1)[0] ?? "") : word;
  if (host.length < TEXT_CHARACTERS_MIN) return;
  if (parseAddress(host) !== undefined) return observeHost(host, observe);
  observeHost(host.split(":", 1)[0] ?? "", observe);
}

/** An e-mail address, or `user@host` and `user@host:path` of a shell. */
function observeAccount(word: string, observe: Observe): void {
  const sign = word.lastIndexOf("@");
  const local =
    word
      .slice(0, sign)
      .split(/[:/\\]/)
      .at(-1) ?? "";
  const host = word.slice(sign + 1).split(/[:/\\]/, 1)[0] ?? "";
  observeHost(host, observe);
  const domain = toDomain(host);
  if (domain !== undefined && local !== "") observe("email", `${local}@${domain}`.toLowerCase());
}

function observeFileName(word: string, observe: Observe): void {
  const name = word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1);
  if (name !== "") observe("file_name", name.toLowerCase());
}

/** `/etc/passwd`, `C:\\Temp\\x`, and what `host:/etc/passwd` copies. */
function observeFilePath(word: string, observe: Observe): void {
  const colon = word.indexOf(":/");
  const start = colon > 1 && word[colon + 2] !== "/" ? colon + 1 : 0;
  const filePath = toFilePath(word.slice(start));
  if (filePath !== undefined) observe("file_path", filePath);
}

/** Alone or as `bitcoin:…` */
function observeWallet(word: string, observe: Observe): void {
  const key = toWalletKey(word.slice(word.lastIndexOf(":") + 1));
  if (key !== undefined) observe("wallet", key);
}

/** IPv6 with a port: `[2001:db8::1]:443`. */
function observeBracketed(text: string, observe: Observe): void {
  for (const [, host = ""] of text.matchAll(/\[([\da-f:.]{2,45})\](?=:\d)/gi)) observeHost(host, observe);
}

function trimPunctuation(token: string): string {
  let end = token.length;
  while (end > 0 && ".,:!-".includes(token[end - 1] ?? "")) end -= 1;
  let start = 0;
  while (start < end && "-+@".includes(token[start] ?? "")) start += 1;
  return token.slice(start, end);
}
