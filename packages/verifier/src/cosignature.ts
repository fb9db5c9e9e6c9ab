import { createHash, verify } from "node:crypto";
import { KEY_BYTES, publicKeyOf } from "./note.ts";
import type { NoteSignature, SignedNote } from "./note.ts";

/** A witness, as C2SP tlog-cosignature knows one by an Ed25519 key: `name+1a2b3c4d+base64`, type 4. */
export interface WitnessKey {
  readonly name: string;
  readonly id: string;
  readonly publicKey: Buffer;
}

/** That a witness saw a checkpoint, and that it went on from the one that it saw before. */
export interface Cosignature {
  readonly witness: WitnessKey;
  /** seconds since 1970 */
  readonly time: number;
}

const COSIGNATURE = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** @returns the id of a witness's key: as of C2SP signed-note, with the type of cosignatures */
export function witnessIdOf(name: string, publicKey: Uint8Array): string {
  return createHash("sha256")
    .update(`${name}\n`)
    .update(Buffer.of(COSIGNATURE))
    .update(publicKey)
    .digest()
    .subarray(0, 4)
    .toString("hex");
}

/** @returns the key, or undefined for a text that is none, or not one of Ed25519 for cosignatures */
export function parseWitnessKey(text: string): WitnessKey | undefined {
  const [, name = "", id = "", encoded = ""] =
    /^([^+\s]{1,200})\+([\da-f]{8})\+([A-Za-z\d+/]{1,200}=*)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  const publicKey = bytes.subarray(1);
  const isKey = bytes[0] === COSIGNATURE && publicKey.length === KEY_BYTES && witnessIdOf(name, publicKey) === id;
  return isKey ? { name, id, publicKey } : undefined;
}

/** @returns what a witness signs of a note (C2SP tlog-cosignature, Ed25519) */
export function cosignedMessage(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/** @returns the valid cosignatures of these witnesses, the newest of each; all other signatures are passed over */
export function readCosignatures({ text, signatures }: SignedNote, witnesses: readonly WitnessKey[]): Cosignature[] {
  return witnesses.flatMap((witness) => {
    const times = signatures.flatMap((one) => timeOf(text, one, witness) ?? []);
    return times.length === 0 ? [] : [{ witness, time: Math.max(...times) }];
  });
}

function timeOf(text: string, { name, id, signature }: NoteSignature, witness: WitnessKey): number | undefined {
  if (name !== witness.name || id !== witness.id) return undefined;
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const time = Number(signature.readBigUInt64BE());
  if (!Number.isSafeInteger(time)) return undefined;
  const message = cosignedMessage(text, time);
  return verify(null, message, publicKeyOf(witness.publicKey), signature.subarray(TIME_BYTES)) ? time : undefined;
}
