import { domainToASCII } from "node:url";
import type { IndicatorType } from "@firebreak/protocol";
import { formatAddress, parseAddress, parseNetwork } from "../kernel/index.ts";
import { toFilePath } from "./file-path.ts";
import { compileTextPattern } from "./text-pattern.ts";
import { isWalletForm, toWallet } from "./wallet.ts";

export type Normalized = { ok: true; type: IndicatorType; value: string } | { ok: false; message: string };

const CHARACTERS_MAX = 2048;
/** Digits of MD5, SHA-1, SHA-256 and SHA-512. */
export const HASH_DIGITS: ReadonlySet<number> = new Set([32, 40, 64, 128]);
/** Shorter prefixes cover so much of the world that they would report everything. */
const NETWORK_BITS_MIN = { 32: 8, 128: 16 } as const;
const DOMAIN = /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/;
const EMAIL = /^[^\s@"<>]{1,64}@([^\s@]{1,253})$/;
const FILE_NAME = /^[^\s/\\][^/\\\n\r]{0,254}$/;

/**
 * Brings an indicator into the one form in which events are compared with it.
 *
 * @param given the type, if the sender says it; else it is told from the form
 */
export function normalizeIndicator(text: string, given?: IndicatorType): Normalized {
  const value = given === "pattern" ? text.trim() : refang(text.trim());
  if (value === "" || value.length > CHARACTERS_MAX) return refuse("is empty or longer than 2,048 characters");
  if (/[\p{Cc}\p{Cs}]/u.test(value)) return refuse("has a control character in it");
  const type = given ?? guessType(value);
  if (type === undefined) return refuse("has no form that tells its type; name the type");
  const normal = normalizers[type](value);
  return typeof normal === "string" ? { ok: true, type, value: normal } : normal;
}

/** Lists are written so that nobody clicks on them: `hxxps://evil[.]example`, `10[.]0[.]0[.]1`. */
export function refang(text: string): string {
  return text
    .replaceAll(/\bhxxp(s?)(?=:|\[:)/gi, "http$1")
    .replaceAll(
      /\[(\.|dot|:|:\/\/|@|at)\]|\((\.|dot)\)/gi,
      (_, square: string | undefined, round: string | undefined) => plainSign(square ?? round ?? ""),
    );
}

function plainSign(sign: string): string {
  const lower = sign.toLowerCase();
  if (lower === "dot") return ".";
  return lower === "at" ? "@" : lower;
}

function guessType(value: string): IndicatorType | undefined {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return "url";
  if (parseAddress(value) !== undefined) return "ip";
  if (value.includes("/") && parseNetwork(value) !== undefined) return "cidr";
  if (HASH_DIGITS.has(value.length) && /^[\da-f]+$/i.test(value)) return "hash";
  if (isWalletForm(value)) return "wallet";
  if (EMAIL.test(value)) return "email";
  return toDomain(value) === undefined || FILE_ENDING.test(value) ? undefined : "domain";
}

/** `invoice.exe` looks like a domain; so many endings of files are top-level domains that the type must be named. */
export const FILE_ENDING =
  /\.(?:exe|dll|bat|cmd|ps1|vbs|js|jar|sh|py|scr|msi|docm?|xlsm?|pdf|zip|rar|7z|gz|iso|lnk|hta)$/i;

const normalizers: Readonly<Record<IndicatorType, (value: string) => string | Extract<Normalized, { ok: false }>>> = {
  ip: (value) => {
    const address = parseAddress(value);
    return address === undefined ? refuse("is no IP address") : formatAddress(address);
  },
  cidr: (value) => {
    const network = parseNetwork(value);
    if (network === undefined) return refuse("is no network such as 203.0.113.0/24");
    const { bits, width, length } = network;
    if (length < NETWORK_BITS_MIN[width]) return refuse(`covers too much: /${NETWORK_BITS_MIN[width]} is the widest`);
    return `${formatAddress({ bits: bits << BigInt(width - length), width })}/${length}`;
  },
  domain: (value) => toDomain(value) ?? refuse("is no domain name of two parts or more"),
  url: (value) => readUrl(value)?.text ?? refuse("is no http, https or ftp address"),
  hash: (value) => {
    const isHash = HASH_DIGITS.has(value.length) && /^[\da-f]+$/i.test(value);
    return isHash ? value.toLowerCase() : refuse("is no MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal");
  },
  email: (value) => {
    const domain = toDomain(EMAIL.exec(value)?.[1] ?? "");
    return domain === undefined
      ? refuse("is no e-mail address")
      : `${value.split("@")[0] ?? ""}@${domain}`.toLowerCase();
  },
  file_name: (value) => (FILE_NAME.test(value) ? value.toLowerCase() : refuse("is no file name: leave folders out")),
  file_path: (value) =>
    toFilePath(value) ??
    refuse("is no whole path such as /etc/cron.d/x without spaces and signs that end words: use a pattern"),
  wallet: (value) => {
    const wallet = toWallet(value);
    return wallet.ok ? wallet.value : refuse(wallet.message);
  },
  pattern: (value) => {
    const compiled = compileTextPattern(value);
    return compiled.ok ? value : refuse(compiled.message);
  },
};

function refuse(message: string): Extract<Normalized, { ok: false }> {
  return { ok: false, message };
}

/** @returns the name in lower case and ASCII, without the last dot; undefined for what is none */
export function toDomain(text: string): string | undefined {
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  if (bare.length > 253 || !bare.includes(".")) return undefined;
  const lower = bare.toLowerCase();
  const ascii = /^[\x21-\x7e]+$/.test(lower) ? lower : domainToASCII(lower);
  return DOMAIN.test(ascii) ? ascii : undefined;
}

/** An address without fragment, user and password, its host and scheme in lower case. */
export interface PlainUrl {
  readonly text: string;
  readonly host: string;
  /** it has been looked at: a domain name in the form of indicators */
  readonly isDomain: boolean;
}

export function readUrl(text: string): PlainUrl | undefined {
  const plain = PLAIN_URL.exec(text);
  if (plain !== null && !text.includes("/.") && !text.includes("xn--")) {
    const [, host = "", pathname] = plain;
    return { text: pathname === undefined ? `${text}/` : text, host, isDomain: host.length <= 253 };
  }
  return parseUrl(text);
}

/** What reads the same once it was parsed: most of them, and parsing costs more than everything else. */
const PLAIN_URL =
  /^https?:\/\/([a-z](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?){0,6}\.[a-z]{2,20})(\/[\w\-./~]*)?$/;

/** @public for the test that holds the two ways together */
export function parseUrl(text: string): PlainUrl | undefined {
  try {
    const { protocol, hostname, host, pathname, search } = new URL(text);
    if (!SCHEMES.has(protocol) || hostname === "") return undefined;
    return { text: `${protocol}//${host}${pathname}${search}`, host: hostname, isDomain: false };
  } catch {
    return undefined;
  }
}

const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "ftp:"]);
