import { createHash, createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A key that verifies notes: `name+1a2b3c4d+base64` (C2SP signed-note; Ed25519 is type 1). */
export interface VerifierKey {
  readonly name: string;
  /** the first four bytes of SHA-256 over the name, a line feed, the type and the key, hexadecimal */
  readonly id: string;
  readonly publicKey: Buffer;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: string;
  readonly signature: Buffer;
}

export interface SignedNote {
  /** what is signed, with its last line feed */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ED25519 = 1;
/** of Ed25519 */
export const KEY_BYTES = 32;
const NOTE_CHARACTERS_MAX = 64 * 1024;
const SIGNATURES_MAX = 100;
/** DER of an Ed25519 public key before its 32 bytes (RFC 8410). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** @returns the id of an Ed25519 key as C2SP signed-note makes it */
export function keyIdOf(name: string, publicKey: Uint8Array): string {
  return createHash("sha256")
    .update(`${name}\n`)
    .update(Buffer.of(ED25519))
    .update(publicKey)
    .digest()
    .subarray(0, 4)
    .toString("hex");
}

/** @returns the key as text: `name+id+base64` */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  return `${name}+${keyIdOf(name, publicKey)}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString("base64")}`;
}

/** @returns the key, or undefined for a text that is none, or not of Ed25519 */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name = "", id = "", encoded = ""] =
    /^([^+\s]{1,200})\+([\da-f]{8})\+([A-Za-z\d+/]+=*)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  const publicKey = bytes.subarray(1);
  // a key has one way to be written
  const isWritten = bytes.toString("base64") === encoded;
  const isKey = isWritten && bytes[0] === ED25519 && publicKey.length === KEY_BYTES && keyIdOf(name, publicKey) === id;
  return isKey ? { name, id, publicKey } : undefined;
}

/** Reads a signed note (C2SP signed-note). @returns undefined for a text that is none */
export function parseNote(note: string): SignedNote | undefined {
  if (note.length > NOTE_CHARACTERS_MAX) return undefined;
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return undefined;
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = "", encoded = ""] = /^\u2014 ([^+\s]{1,200}) ([A-Za-z\d+/]+=*)$/.exec(line) ?? [];
    const bytes = Buffer.from(encoded, "base64");
    if (bytes.length < 5) return undefined;
    signatures.push({ name, id: bytes.subarray(0, 4).toString("hex"), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, split + 1), signatures };
}

/** @returns whether one of the keys signed the note; signatures of others, as of witnesses, are passed over */
export function isSignedBy(note: SignedNote, keys: readonly VerifierKey[]): boolean {
  return note.signatures.some(({ name, id, signature }) => {
    const key = keys.find((one) => one.name === name && one.id === id);
    if (key === undefined) return false;
    return verify(null, Buffer.from(note.text), publicKeyOf(key.publicKey), signature);
  });
}

/** @param bytes the 32 of an Ed25519 key */
export function publicKeyOf(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: "der", type: "spki" });
}

/** A key that signs notes, under the name of whose it is. */
export interface NoteSigner {
  readonly name: string;
  readonly publicKey: Uint8Array;
  /** Ed25519 over the bytes */
  readonly sign: (bytes: Uint8Array) => Buffer;
}

/** @returns the note: the text, and one signature of each signer under it */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  const lines = signers.map(({ name, publicKey, sign }) => {
    const signature = Buffer.concat([Buffer.from(keyIdOf(name, publicKey), "hex"), sign(Buffer.from(text))]);
    return `\u2014 ${name} ${signature.toString("base64")}\n`;
  });
  return `${text}\n${lines.join("")}`;
}
