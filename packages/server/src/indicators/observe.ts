import type { IndicatorType } from "@firebreak/protocol";
import { formatAddress, parseAddress } from "../kernel/index.ts";
import { toFilePath } from "./file-path.ts";
import { HASH_DIGITS, readUrl, toDomain } from "./normalize.ts";
import { toWalletKey } from "./wallet.ts";

/** Something in a text that an indicator could name, in the form of indicators. */
export type ObservedType = Exclude<IndicatorType, "cidr" | "pattern">;
export type Observe = (type: ObservedType, value: string) => void;
/** Kinds that nothing on the list has need not be looked for. */
export type Wanted = Readonly<Record<ObservedType, boolean>>;

const EVERYTHING: Wanted = {
  ip: true,
  domain: true,
  url: true,
  hash: true,
  email: true,
  file_name: true,
  file_path: true,
  wallet: true,
};

const TEXT_CHARACTERS_MIN = 4;
const TOKEN_CHARACTERS_MAX = 512;
const URL_CHARACTERS_MAX = 2048;
const WORD_CHARACTERS_MIN = 4;
const URL_SIGN = "://";
const SCHEME_CHARACTERS_MAX = 12;

/** What ends a word of a command line, a log or JSON. */
const WORD_ENDS = new Uint8Array(128);
for (const sign of " \"'`<>(){}|;,=&?#*$!^[]\u007f") WORD_ENDS[sign.charCodeAt(0)] = 1;
WORD_ENDS.fill(1, 0, 32);
// eslint-disable-next-line no-control-regex -- what colours a terminal stands between words
const COLOURS = /\u001b\[[\d;]*[A-Za-z]/g;

function endsWord(code: number): boolean {
  return code < 128 ? WORD_ENDS[code] === 1 : code >= 0xa0 && WIDE_SPACE.test(String.fromCharCode(code));
}

const WIDE_SPACE = /\s/;

/** Finds addresses, hosts, URLs, hashes, e-mail addresses, wallets, file names and paths, in time linear in the text. */
export function observeText(raw: string, observe: Observe, wanted: Wanted = EVERYTHING): void {
  const text = raw.includes("\u001b[") ? raw.replace(COLOURS, " ") : raw;
  if (text.length < TEXT_CHARACTERS_MIN) return;
  observeUrls(text, observe);
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !endsWord(text.charCodeAt(at))) continue;
    if (at - start > TOKEN_CHARACTERS_MAX) {
      if (wanted.file_name) observeFileName(text.slice(at - TOKEN_CHARACTERS_MAX, at), observe);
    } else if (at - start >= WORD_CHARACTERS_MIN) observeToken(text.slice(start, at), observe, wanted);
    start = at + 1;
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
    if (url === undefined) {
      observeHost(readAuthority(text.slice(sign + URL_SIGN.length, end)), observe);
      continue;
    }
    observe("url", url.text);
    const query = url.text.indexOf("?");
    if (query > 0) observe("url", url.text.slice(0, query));
    if (url.isDomain) observe("domain", url.host);
    else observeHost(url.host, observe);
  }
}

/** The host of `redis://user@host:6379/0`; what the parser makes of hosts it does for the web's own schemes only. */
function readAuthority(rest: string): string {
  const authority = rest.split(/[/?#]/, 1)[0] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : (host.split(":", 1)[0] ?? "");
}

function endOfUrl(text: string, from: number): number {
  const stop = Math.min(text.length, from + URL_CHARACTERS_MAX);
  let end = from;
  while (end < stop && !ENDS_URL.has(text[end] ?? "")) end += 1;
  while (end > from && ".,;:!)".includes(text[end - 1] ?? "")) end -= 1;
  return end;
}

const ENDS_URL: ReadonlySet<string> = new Set([
  ..." \"'`<>\\|{}^\u007f".split(""),
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
]);

function observeHost(host: string, observe: Observe): void {
  // most addresses are written like that already
  if (DOTTED.test(host)) return observe("ip", host);
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  const address = parseAddress(bare);
  if (address !== undefined) observe("ip", formatAddress(address));
  else {
    const domain = toDomain(bare);
    if (domain !== undefined) observe("domain", domain);
  }
}

const PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const DOTTED = new RegExp(`^${PART}\\.${PART}\\.${PART}\\.${PART}$`);
const OF_WEB = /^(?:https?|ftp):\/\//i;

function observeToken(token: string, observe: Observe, wanted: Wanted): void {
  const word = trimPunctuation(token);
  if (HASH_DIGITS.has(word.length) && /^[\da-f]+$/i.test(word)) return observe("hash", word.toLowerCase());
  const isPath = word.includes("/") || word.includes("\\");
  // its host was seen with the URL
  if (!isPath || !OF_WEB.test(word)) {
    if (word.includes("@")) observeAccount(word, observe);
    else if (word.includes(".") || word.includes(":")) observePlace(word, isPath, observe);
  }
  if (wanted.file_name && (isPath || word.includes("."))) observeFileName(word, observe);
  if (wanted.file_path && isPath) observeFilePath(word, observe);
  if (wanted.wallet && !isPath) observeWallet(word, observe);
  if (!isPath) observeDigest(word, observe);
}

/** `SHA256:abc…`, `md5-abc…` */
function observeDigest(word: string, observe: Observe): void {
  const digest = /^(?:md5|sha-?(?:1|256|512))[:-]([\da-f]{32,128})$/i.exec(word)?.[1];
  if (digest !== undefined && HASH_DIGITS.has(digest.length)) observe("hash", digest.toLowerCase());
}

/** `host`, `host:port`, `host/path`, an address with or without a port or prefix. */
function observePlace(word: string, isPath: boolean, observe: Observe): void {
  const host = isPath ? (word.split(/[/\\]/, 1)[0] ?? "") : word;
  if (host.length < TEXT_CHARACTERS_MIN) return;
  if (DOTTED.test(host)) return observe("ip", host);
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
