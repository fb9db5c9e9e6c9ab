import { isSignedBy, parseNote, parseVerifierKey, signNote } from "./note.ts";
import type { NoteSigner, VerifierKey } from "./note.ts";

const HEADER = "firebreak-log-key-change/v1";
const CHANGES_MAX = 1_000;

/** That a log is signed with another key from now on. */
export interface KeyChange {
  /** the log's name, and that of both keys */
  readonly origin: string;
  readonly from: VerifierKey;
  readonly to: VerifierKey;
}

/** @returns the change as a signed note: the old key hands over, and the new one says that somebody has it */
export function signKeyChange(
  { origin, from, to }: { readonly origin: string; readonly from: string; readonly to: string },
  signers: readonly NoteSigner[],
): string {
  return signNote(`${HEADER}\n${origin}\n${from}\n${to}\n`, ...signers);
}

/** @returns the change; undefined for a note that is none, or that not both keys signed */
export function readKeyChange(note: string): KeyChange | undefined {
  const signed = parseNote(note);
  const [header, origin = "", oldKey = "", newKey = "", rest] = signed?.text.split("\n") ?? [];
  const from = parseVerifierKey(oldKey);
  const to = parseVerifierKey(newKey);
  if (signed === undefined || header !== HEADER || rest !== "" || from === undefined || to === undefined)
    return undefined;
  if (from.name !== origin || to.name !== origin) return undefined;
  return isSignedBy(signed, [from]) && isSignedBy(signed, [to]) ? { origin, from, to } : undefined;
}

/** @returns the keys, and every key that one of them handed over to, also by way of others */
export function followKeys(keys: readonly VerifierKey[], changes: readonly string[]): VerifierKey[] {
  const known = new Map(keys.map((key) => [keyText(key), key]));
  const read = changes.slice(0, CHANGES_MAX).flatMap((note) => readKeyChange(note) ?? []);
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const { from, to } of read) if (known.has(keyText(from))) known.set(keyText(to), to);
  }
  return [...known.values()];
}

const keyText = ({ name, publicKey }: VerifierKey): string => `${name}+${publicKey.toString("base64")}`;
