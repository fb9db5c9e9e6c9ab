import { createHash } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base58, bech32, bech32m, createBase58check } from "@scure/base";

export type Wallet = { ok: true; value: string } | { ok: false; message: string };

const ETHEREUM = /^0x[\da-f]{40}$/i;
const BITCOIN_SEGWIT = /^bc1[\da-z]{11,86}$/i;
const BITCOIN_BASE58 = /^[13][1-9A-HJ-NP-Za-km-z]{25,34}$/;
const SOLANA = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const SOLANA_BYTES = 32;
const BITCOIN_BYTES = 21;
/** Version bytes of pay-to-public-key-hash and pay-to-script-hash. */
const BITCOIN_VERSIONS: ReadonlySet<number> = new Set([0x00, 0x05]);

/** Addresses whose form alone tells them; one of Solana is any 32 bytes and must be named. */
export function isWalletForm(text: string): boolean {
  return ETHEREUM.test(text) || BITCOIN_SEGWIT.test(text) || (BITCOIN_BASE58.test(text) && hasBase58Checksum(text));
}

/** Checks an address of Ethereum (EIP-55), Bitcoin (base58check, BIP-173, BIP-350) or Solana. @returns the form that is compared */
export function toWallet(text: string): Wallet {
  if (ETHEREUM.test(text)) {
    return hasEthereumChecksum(text) ? { ok: true, value: text.toLowerCase() } : refuse("has a wrong EIP-55 checksum");
  }
  if (BITCOIN_SEGWIT.test(text)) {
    return isSegwit(text) ? { ok: true, value: text.toLowerCase() } : refuse("has a wrong bech32 checksum");
  }
  if (BITCOIN_BASE58.test(text) && hasBase58Checksum(text)) return { ok: true, value: text };
  if (SOLANA.test(text) && decodesTo(text, SOLANA_BYTES)) return { ok: true, value: text };
  return refuse("is no address of Bitcoin, Ethereum or Solana, or its checksum is wrong");
}

/** @returns the form that is compared, of a word that may be an address; nothing is checked */
export function toWalletKey(word: string): string | undefined {
  if (word.length < 26 || word.length > 90) return undefined;
  if (ETHEREUM.test(word) || BITCOIN_SEGWIT.test(word)) return word.toLowerCase();
  return SOLANA.test(word) || BITCOIN_BASE58.test(word) ? word : undefined;
}

function refuse(message: string): Wallet {
  return { ok: false, message };
}

/** The case of its letters is the checksum; all in one case has none. */
function hasEthereumChecksum(text: string): boolean {
  const digits = text.slice(2);
  const lower = digits.toLowerCase();
  if (digits === lower || digits === digits.toUpperCase()) return true;
  const hash = Buffer.from(keccak_256(Buffer.from(lower))).toString("hex");
  const right = Array.from(lower, (digit, at) => (parseInt(hash[at] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit));
  return right.join("") === digits;
}

function isSegwit(text: string): boolean {
  if (text !== text.toLowerCase() && text !== text.toUpperCase()) return false;
  const lower = text.toLowerCase();
  // the first letter after the separator is the version; version 0 has the older checksum
  const decoded = (lower[3] === "q" ? bech32 : bech32m).decodeUnsafe(lower);
  return decoded !== undefined && decoded.prefix === "bc";
}

const base58check = createBase58check((data: Uint8Array) => createHash("sha256").update(data).digest());

function hasBase58Checksum(text: string): boolean {
  try {
    const bytes = base58check.decode(text);
    return bytes.length === BITCOIN_BYTES && BITCOIN_VERSIONS.has(bytes[0] ?? -1);
  } catch {
    return false;
  }
}

function decodesTo(text: string, bytes: number): boolean {
  try {
    return base58.decode(text).length === bytes;
  } catch {
    return false;
  }
}
