import type { RedactionCategory } from "@firebreak/protocol";
import { isValidIBAN } from "ibantools";
import { endOfRun, isIn, startOfRun } from "./char-class.ts";
import type { Hint } from "./find-anchored.ts";
import type { Report } from "./finding.ts";
import type { Survey } from "./survey.ts";

/** Digits of the shortest number that is looked for: a social security number. */
const NUMBER_DIGITS_MIN = 9;

/** What tells of a person, as far as its form shows it. Looks only where the survey and the hints say that it may be. */
export function findPersonal(
  text: string,
  { wanted, survey, hints }: { wanted: ReadonlySet<RedactionCategory>; survey: Survey; hints: ReadonlySet<Hint> },
  report: Report,
): void {
  if (wanted.has("EMAIL")) findEmails(text, report);
  if (!survey.hasDigits) return;
  if (survey.digitsInNumber >= NUMBER_DIGITS_MIN) findNumbers(text, wanted, report);
  if (wanted.has("BANK")) findIbans(text, report);
  if (wanted.has("IP")) findAddresses(text, report);
  if (wanted.has("LOC") && text.includes(".")) findCoordinates(text, report);
  if (wanted.has("ADDR") && hints.has("street")) findStreets(text, report);
  if (wanted.has("DOB") && hints.has("birth")) findBirthDates(text, report);
}

const LOCAL_CHARACTERS_MAX = 64;
const DOMAIN_CHARACTERS_MAX = 253;
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,24}$/i;

/** A command that takes `user@host` stands before. */
const SHELL_LOGIN = /(?:^|[\s;|&(/])(?:ssh|scp|sftp|rsync|sshfs|mosh|ssh-copy-id)\s[^;|&\n]*$/;
const COMMAND_CHARACTERS_MAX = 160;

/** `user@host:path`, what a login command takes, and the user of a URL are no e-mail addresses. */
function findEmails(text: string, report: Report): void {
  for (let sign = text.indexOf("@"); sign >= 0; sign = text.indexOf("@", sign + 1)) {
    const start = startOfRun(text, sign, "email", LOCAL_CHARACTERS_MAX);
    const end = endOfDomain(text, sign + 1);
    if (start === sign || text.startsWith("//", start - 2) || isLogin(text, start, end)) continue;
    if (!DOMAIN.test(text.slice(sign + 1, end))) continue;
    const first = endOfPunctuation(text, start);
    if (first < sign) report(first, end, "EMAIL", "email");
  }
}

function isLogin(text: string, start: number, end: number): boolean {
  if (text[end] === ":" && /[^\s"',;]/.test(text[end + 1] ?? "")) return true;
  return SHELL_LOGIN.test(text.slice(Math.max(0, start - COMMAND_CHARACTERS_MAX), start));
}

function endOfDomain(text: string, at: number): number {
  let end = endOfRun(text, at, "dotted", at + DOMAIN_CHARACTERS_MAX);
  while (end > at && !isIn(text, end - 1, "alnum")) end -= 1;
  return end;
}

function endOfPunctuation(text: string, at: number): number {
  let first = at;
  while (isIn(text, first, "email") && !isIn(text, first, "word")) first += 1;
  return first;
}

const SSN = /(?<![\w.-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])/g;
const CARD = /(?<![\w.-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{4,5}|\d{13,19})(?!\w)/g;
/** North America with its separators, the rest of the world by its plus sign (ITU-T E.164). */
const PHONE =
  /(?<![\w.+-])(?:(?:\+?1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}|\+[1-9]\d{0,2}(?:[ .()-]{0,2}\d){8,12})(?![\w-])/g;

function findNumbers(text: string, wanted: ReadonlySet<RedactionCategory>, report: Report): void {
  const find = (pattern: RegExp, category: "SSN" | "CC" | "PHONE", type: string) => {
    if (!wanted.has(category)) return;
    for (const { index, 0: number } of text.matchAll(pattern)) {
      if (category !== "CC" || isCardNumber(number)) report(index, index + number.length, category, type);
    }
  };
  find(SSN, "SSN", "ssn");
  find(CARD, "CC", "card_number");
  find(PHONE, "PHONE", "phone");
}

/** Numbers that card networks give out: the beginning, the length, and the check digit (ISO/IEC 7812). */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  return ISSUED.test(digits) && new Set(digits).size > 1 && hasLuhnDigit(digits);
}

const ISSUED =
  /^(?:4\d{15}|4\d{12}|4\d{18}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17})$/;

function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, isSecond = false; at >= 0; at--, isSecond = !isSecond) {
    const digit = digits.charCodeAt(at) - 48;
    const doubled = isSecond ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const IBAN = /(?<![A-Za-z\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}/g;

function findIbans(text: string, report: Report): void {
  for (const { index, 0: run } of text.matchAll(IBAN)) {
    const end = endOfIban(run);
    if (end > 0) report(index, index + end, "BANK", "iban");
  }
}

/** A word in capitals may follow: the longest part that the country's form and the check digits accept. */
function endOfIban(run: string): number {
  for (let end = run.length; end >= 15; end--) {
    if (run[end] !== undefined && run[end] !== " ") continue;
    if (isValidIBAN(run.slice(0, end).replaceAll(" ", ""))) return end;
  }
  return -1;
}

const IPV4 = /(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g;
const IPV6 = /(?<![\w:.])(?:[\da-f]{1,4}:{1,2}){2,7}[\da-f]{1,4}(?![\w:])/gi;

function findAddresses(text: string, report: Report): void {
  for (const { index, 0: address } of text.matchAll(IPV4)) report(index, index + address.length, "IP", "ipv4");
  for (const { index, 0: address } of text.matchAll(IPV6)) {
    const groups = address.split(":");
    if (address.includes("::") ? groups.length <= 8 : groups.length === 8) {
      report(index, index + address.length, "IP", "ipv6");
    }
  }
}

/** Latitude and longitude with three decimals or more, as maps and devices write them: 52.5200, 13.4050. */
const COORDINATES =
  /(?<![\w.+-])[-+]?(?:90(?:\.0{3,15})?|[1-8]?\d\.\d{3,15})°?[ ]?[NS]?[ ]?,[ ]?[-+]?(?:180(?:\.0{3,15})?|(?:1[0-7]\d|[1-9]?\d)\.\d{3,15})(?![\w.])/g;

function findCoordinates(text: string, report: Report): void {
  for (const { index, 0: pair } of text.matchAll(COORDINATES)) report(index, index + pair.length, "LOC", "coordinates");
}

/** A house number and a street in English, a street and a house number in German. Other forms are not known. */
const STREET =
  /(?<![\w.-])\d{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,20}\.? ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Court|Ct|Terrace|Square|Parkway|Highway)\b\.?/g;
const STRASSE = /[A-ZÄÖÜ][a-zäöüß-]{2,30}(?:straße|strasse|weg|platz|allee|gasse) \d{1,4}[a-z]?(?![\w])/g;

function findStreets(text: string, report: Report): void {
  for (const pattern of [STREET, STRASSE]) {
    for (const { index, 0: street } of text.matchAll(pattern))
      report(index, index + street.length, "ADDR", "street_address");
  }
}

const BIRTH =
  /(?:\bborn(?: on)?|\bdate of birth|\bd\.?o\.?b\.?|\bbirth ?date|\bgeboren am|\bgeburtsdatum)["']?[ ]{0,3}(?:[:=]|is)?[ ]{0,3}["']?(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}\.? [A-Za-zä]{3,12}\.?,? \d{4}|[A-Za-z]{3,12}\.? \d{1,2},? \d{4})(?!\d)/gi;

function findBirthDates(text: string, report: Report): void {
  for (const found of text.matchAll(BIRTH)) {
    const end = found.index + found[0].length;
    report(end - (found[1] ?? "").length, end, "DOB", "date_of_birth");
  }
}
