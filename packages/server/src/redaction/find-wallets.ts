import { createHash } from "node:crypto";
import { validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { Report } from "./finding.ts";
import { WORD_GAP_MAX } from "./survey.ts";

const WORDS: ReadonlySet<string> = new Set(wordlist);
const WORDS_MIN = 12;
/** Lengths of a mnemonic (BIP-39), the longest first. */
const LENGTHS = [24, 21, 18, 15, 12] as const;
/** Checksums tried in one text; beyond them, twelve different words in a row are hidden without proof. */
const CHECKS_MAX = 40;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Seed phrases of wallets: 12 to 24 words of the BIP-39 list whose checksum is right. Spaces, commas, numbers between. */
export function findMnemonics(text: string, report: Report): void {
  let run: Word[] = [];
  let checks = 0;
  for (const { index, 0: word } of text.matchAll(/[A-Za-z]+/g)) {
    const isClose = run.length === 0 || index - (run.at(-1)?.end ?? 0) <= WORD_GAP_MAX;
    const isListed = word.length <= 8 && WORDS.has(word.toLowerCase());
    if (!isListed || !isClose) {
      checks += reportMnemonics(run, CHECKS_MAX - checks, report);
      run = [];
    }
    if (isListed) run.push({ start: index, end: index + word.length, text: word.toLowerCase() });
  }
  reportMnemonics(run, CHECKS_MAX - checks, report);
}

/** @returns how many checksums were tried */
function reportMnemonics(run: readonly Word[], checksLeft: number, report: Report): number {
  let checks = 0;
  for (let first = 0; first + WORDS_MIN <= run.length; first++) {
    const isProvable = checks < checksLeft;
    const length = (isProvable ? LENGTHS : SHORTEST).find((count) => {
      const words = run.slice(first, first + count).map(({ text }) => text);
      const distinct = new Set(words).size;
      if (words.length < count || distinct < DISTINCT_MIN) return false;
      if (!isProvable) return distinct >= DISTINCT_UNPROVED_MIN;
      checks += 1;
      return validateMnemonic(words.join(" "), wordlist);
    });
    if (length === undefined) continue;
    report(run[first]?.start ?? 0, run[first + length - 1]?.end ?? 0, "KEY", "seed_phrase");
    first += length - 1;
  }
  return checks;
}

const SHORTEST = [WORDS_MIN] as const;
/** Phrases are drawn at random: `true; true; true` is none. */
const DISTINCT_MIN = 6;
const DISTINCT_UNPROVED_MIN = 10;

export const IMPORT_KEY_CHARACTERS_MIN = 51;
const WIF = /(?<![A-Za-z\d])(?:5[1-9A-HJ-NP-Za-km-z]{50}|[KLc9][1-9A-HJ-NP-Za-km-z]{50,51})(?![A-Za-z\d])/g;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const WIF_BYTES = [37, 38];

/** Private keys of Bitcoin in wallet import format; the checksum tells them from anything else of that length. */
export function findImportKeys(text: string, report: Report): void {
  for (const { index, 0: key } of text.matchAll(WIF)) {
    if (hasBase58Checksum(key)) report(index, index + key.length, "KEY", "bitcoin_private_key");
  }
}

function hasBase58Checksum(text: string): boolean {
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(ALPHABET.indexOf(character));
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  if (!WIF_BYTES.includes(bytes.length)) return false;
  const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();
  return sha256(sha256(bytes.subarray(0, -4)))
    .subarray(0, 4)
    .equals(bytes.subarray(-4));
}
