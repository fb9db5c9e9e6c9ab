import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readCosignatures } from "./cosignature.ts";
import type { WitnessKey } from "./cosignature.ts";
import type { Findings } from "./finding.ts";
import { isSignedBy, parseNote } from "./note.ts";
import type { SignedNote, VerifierKey } from "./note.ts";
import type { Head } from "./source.ts";

/** A checkpoint, and where it was found. */
export interface NamedHead {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  /** witnesses that cosigned it */
  readonly witnesses: readonly string[];
}

export interface HeadRules {
  /** whose signatures count, with those that they handed over to */
  readonly keys: readonly VerifierKey[];
  readonly witnesses: readonly WitnessKey[];
}

/** @returns what the note says, also when nobody known signed it: that is a finding */
export function readHead(
  { name, note }: Head,
  { keys, witnesses }: HeadRules,
  findings: Findings,
): NamedHead | undefined {
  const signed = parseNote(note);
  const checkpoint = signed === undefined ? undefined : parseCheckpoint(signed.text);
  if (signed === undefined || checkpoint === undefined) {
    findings.add("checkpoint_unreadable", `${name} is no signed checkpoint`);
    return undefined;
  }
  if (!isSignedBy(signed, keys)) tellUnsigned(name, signed, checkpoint, keys, findings);
  return { name, checkpoint, witnesses: readCosignatures(signed, witnesses).map(({ witness }) => witness.name) };
}

/** A log whose own name stands at a signature of a key that nobody handed over to was given another key. */
function tellUnsigned(
  name: string,
  { signatures }: SignedNote,
  { origin }: Checkpoint,
  keys: readonly VerifierKey[],
  findings: Findings,
): void {
  const ids = signatures.filter((one) => one.name === origin).map(({ id }) => id);
  const isOther = ids.length > 0 && ids.every((id) => keys.every((key) => key.id !== id));
  if (isOther) {
    const message = `${name} is signed with the key ${ids.join(", ")}, to which no known key handed over`;
    findings.add("key_replaced", message);
  } else findings.add("checkpoint_not_signed", `${name} bears no valid signature of a known key`);
}

/**
 * Compares the roots of checkpoints with those of the tree, oldest first.
 *
 * @param rootAt gives the root that the leaves lead to at a size
 */
export function compareHeads(
  heads: readonly NamedHead[],
  newest: Checkpoint,
  rootAt: (size: number) => Buffer | undefined,
  findings: Findings,
): void {
  let agreed = 0;
  for (const { name, checkpoint } of heads.toSorted((left, right) => left.checkpoint.size - right.checkpoint.size)) {
    const { origin, size, root } = checkpoint;
    if (origin !== newest.origin) findings.add("other_log", `${name} is of the log ${origin}, not ${newest.origin}`);
    else if (size > newest.size) {
      findings.add("truncated", `${name} tells of ${size} entries: the last ones are gone`, newest.size, size - 1);
    } else if (rootAt(size)?.equals(root) === true) agreed = Math.max(agreed, size);
    else {
      const message = `${name} tells of another history of the first ${size} entries`;
      findings.add("history_differs", message, Math.min(agreed, Math.max(0, size - 1)), Math.max(0, size - 1));
    }
  }
}

/** @returns the newest checkpoint that enough witnesses cosigned; without one that is a finding */
export function checkWitnesses(
  heads: readonly NamedHead[],
  { witnesses, required }: { readonly witnesses: readonly WitnessKey[]; readonly required: number },
  findings: Findings,
): { readonly size: number; readonly witnesses: readonly string[] } | null {
  if (witnesses.length === 0) return null;
  const enough = heads.filter((head) => head.witnesses.length >= required);
  const newest = enough.toSorted((left, right) => right.checkpoint.size - left.checkpoint.size)[0];
  if (newest !== undefined) return { size: newest.checkpoint.size, witnesses: newest.witnesses };
  const most = Math.max(0, ...heads.map((head) => head.witnesses.length));
  findings.add("not_witnessed", `no checkpoint is cosigned by ${required} of these witnesses; the most is ${most}`);
  return null;
}
