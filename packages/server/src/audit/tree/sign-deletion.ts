import { DELETION_ACT, DELETION_RANGES_MAX, formatDeletion, signNote } from "@firebreak/verifier";
import type { EntryRange } from "@firebreak/verifier";
import type { Actor } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { recordAudit } from "../record-audit.ts";
import { beginLog } from "./grow-tree.ts";
import type { LogKey } from "./log-key.ts";

export interface PolicyDeletion {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly actor: Actor;
  /** of a notice, a segment, or what else the deletion was asked by */
  readonly target: string | null;
  /** the policy, in words */
  readonly policy: string;
  /** places in the log of what is deleted */
  readonly entries: readonly number[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Records a deletion, in its transaction, so that who verifies the log can tell it from a removal by hand: the record names the
 * entries, is signed with the log's key, and is an entry itself. Who can write to the tables alone cannot make one.
 */
export async function recordDeletion(trx: Trx, logKey: LogKey, deletion: PolicyDeletion): Promise<void> {
  const state = await trx.selectFrom("log_state").select("origin").executeTakeFirst();
  const origin = state?.origin ?? (await beginLog(trx, { at: deletion.at, logKey }));
  const ranges = rangesOf(deletion.entries);
  for (let part = 0; part === 0 || part * DELETION_RANGES_MAX < ranges.length; part++) {
    const entries = ranges.slice(part * DELETION_RANGES_MAX, (part + 1) * DELETION_RANGES_MAX);
    const { at, actor, target, policy, detail } = deletion;
    const text = formatDeletion({ origin, at: toIso(at), policy, entries });
    const note = signNote(text, { name: origin, publicKey: logKey.publicKey, sign: logKey.sign });
    await recordAudit(trx, { at, actor, action: DELETION_ACT, target, detail: { ...detail, policy, note } });
  }
}

/** @returns the numbers as ranges, ascending */
export function rangesOf(numbers: readonly number[]): EntryRange[] {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((left, right) => left - right)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
