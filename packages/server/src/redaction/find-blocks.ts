import type { Charset } from "./char-class.ts";
import { isIn } from "./char-class.ts";
import type { Report } from "./finding.ts";
import { isValueOf } from "./judge-value.ts";

const BEGIN = "-----BEGIN ";
const KIND_CHARACTERS_MAX = 60;
const PUTTY = "PuTTY-User-Key-File-";

/** PEM and PGP private keys, to their end; one that is cut off hides all that follows. */
export function findPrivateKeys(text: string, report: Report): void {
  for (let at = text.indexOf(BEGIN); at >= 0;) {
    const kindEnd = text.indexOf("-----", at + BEGIN.length);
    const kind = text.slice(at + BEGIN.length, Math.max(0, kindEnd));
    const isPrivate = kindEnd > 0 && kind.length <= KIND_CHARACTERS_MAX && kind.includes("PRIVATE KEY");
    if (!isPrivate) {
      at = text.indexOf(BEGIN, at + BEGIN.length);
      continue;
    }
    const footer = text.indexOf("-----END ", kindEnd);
    const footerEnd = footer < 0 ? -1 : text.indexOf("-----", footer + BEGIN.length);
    const end = footerEnd < 0 ? text.length : footerEnd + 5;
    report(at, end, "KEY", "private_key");
    at = text.indexOf(BEGIN, end);
  }
  const putty = text.indexOf(PUTTY);
  if (putty >= 0 && text.includes("Private-Lines:", putty)) report(putty, text.length, "KEY", "private_key");
}

const AUTHORITY_CHARACTERS_MAX = 512;
const LONE_TOKEN_CHARACTERS_MIN = 20;

/** The password of `scheme://user:password@host`, and a token that stands alone before the `@`. */
export function findUrlCredentials(text: string, report: Report): void {
  for (let sign = text.indexOf("://"); sign >= 0; sign = text.indexOf("://", sign + 3)) {
    if (!isIn(text, sign - 1, "alnum")) continue;
    const start = sign + 3;
    const { colon, at } = splitAuthority(text, start);
    if (at < 0) continue;
    const from = colon < 0 ? start : colon + 1;
    const value = text.slice(from, at);
    if (colon >= 0 && isValueOf("PWD", value.padEnd(4, "*"), "tight") && value !== "")
      report(from, at, "PWD", "url_password");
    else if (colon < 0 && value.length >= LONE_TOKEN_CHARACTERS_MIN && isValueOf("KEY", value, "tight")) {
      report(from, at, "KEY", "url_token");
    }
  }
}

/** The first colon and the last `@` before the authority ends; -1 where there is none. */
function splitAuthority(text: string, start: number): { colon: number; at: number } {
  const stop = Math.min(text.length, start + AUTHORITY_CHARACTERS_MAX);
  let colon = -1;
  let at = -1;
  for (let place = start; place < stop; place++) {
    const character = text[place];
    if (character === "@") at = place;
    else if (character === ":" && colon < 0 && at < 0) colon = place;
    else if (ENDS_AUTHORITY.has(character ?? "")) break;
  }
  return { colon, at };
}

const ENDS_AUTHORITY: ReadonlySet<string> = new Set("/ \t\r\n\"'`<>?#\\,".split(""));

const JWT = /eyJ[\w-]{8,}\.[\w-]{10,}(?:\.[\w-]*){1,3}/y;

/** JSON Web Tokens: a base64url header that begins with `{"`, a payload, a signature. */
export function findWebTokens(text: string, report: Report): void {
  for (let at = text.indexOf("eyJ"); at >= 0;) {
    JWT.lastIndex = at;
    const found = isIn(text, at - 1, "word") ? null : JWT.exec(text);
    const end = found === null ? at + 3 : JWT.lastIndex;
    if (found !== null) report(at, end, "KEY", "jwt");
    at = text.indexOf("eyJ", end);
  }
}

const TWILIO = /(?<![A-Za-z\d])SK[\dA-Fa-f]{32}(?![A-Za-z\d])/g;
const CURL_USER = /(?<=\s)(?:-u|--user)[ =]?["']?([^\s:"']{1,128}):([^\s"']{3,256})/g;

/** Forms with too short a beginning for the table of beginnings. */
export function findRareForms(text: string, report: Report): void {
  if (text.includes("SK")) {
    for (const { index, 0: key } of text.matchAll(TWILIO)) report(index, index + key.length, "KEY", "twilio_key");
  }
  if (!text.includes("curl")) return;
  for (const found of text.matchAll(CURL_USER)) {
    const end = found.index + found[0].length;
    const password = found[2] ?? "";
    if (isValueOf("PWD", password.padEnd(4, "*"), "tight")) report(end - password.length, end, "PWD", "curl_password");
  }
}

const TELEGRAM = /[\w-]{35}(?![\w-])/y;
const AZURE = /[A-Za-z0-9_~.-]{31,34}/y;
const TERRAFORM = /[\w=-]{60,70}(?![\w=-])/y;
const MAILCHIMP = /\d{1,2}(?!\w)/y;

interface Middle {
  readonly literal: string;
  readonly type: string;
  /** what stands before the literal: so many characters of a set */
  readonly before: { readonly set: Charset; readonly min: number; readonly max: number };
  readonly after: RegExp;
}

/** Keys that no beginning gives away, but something in their middle does. */
const MIDDLES: readonly Middle[] = [
  { literal: ":AA", type: "telegram_token", before: { set: "digits", min: 8, max: 11 }, after: TELEGRAM },
  { literal: "Q~", type: "azure_client_secret", before: { set: "email", min: 4, max: 4 }, after: AZURE },
  { literal: ".atlasv1.", type: "terraform_token", before: { set: "alnum", min: 14, max: 14 }, after: TERRAFORM },
  { literal: "_mmk", type: "maxmind_key", before: { set: "word", min: 36, max: 36 }, after: /(?!\w)/y },
  { literal: "-us", type: "mailchimp_key", before: { set: "hex", min: 32, max: 32 }, after: MAILCHIMP },
];

export function findByMiddle(text: string, report: Report): void {
  for (const { literal, type, before, after } of MIDDLES) {
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
      let start = at;
      while (at - start < before.max && isIn(text, start - 1, before.set)) start -= 1;
      if (at - start < before.min || isIn(text, start - 1, "alnum")) continue;
      // a Telegram token's `AA` belongs to its secret part of 35 characters
      after.lastIndex = type === "telegram_token" ? at + 1 : at + literal.length;
      if (after.test(text)) report(start, after.lastIndex, "KEY", type);
    }
  }
}
