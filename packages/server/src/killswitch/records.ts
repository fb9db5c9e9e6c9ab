import { createHash } from "node:crypto";
import { actor, hold } from "@firebreak/protocol";
import { z } from "zod";
import { canonicalJson } from "../kernel/index.ts";

const common = {
  epoch: z.number().int().positive(),
  at: z.string(),
  /** the writer found the line before this one cut off (never acknowledged) and says so */
  afterTorn: z.literal(true).optional(),
};

const closedHold = z.object({
  hold,
  closedAt: z.string(),
  how: z.enum(["released", "expired"]),
  /** null when it expired */
  by: actor.nullable(),
  reason: z.string().nullable(),
});
/** A hold that is over. Remembered for a while, so that a repeated request does not stop anything again. */
export type ClosedHold = z.infer<typeof closedHold>;

const journalRecord = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("hold"), hold }),
  z.object({ ...common, kind: z.literal("release"), holdId: z.string(), actor, reason: z.string() }),
  z.object({ ...common, kind: z.literal("expire"), holdId: z.string() }),
  z.object({
    ...common,
    kind: z.literal("checkpoint"),
    why: z.string(),
    holds: z.array(hold),
    closed: z.array(closedHold),
  }),
]);
export type JournalRecord = z.infer<typeof journalRecord>;

const snapshot = z.object({
  epoch: z.number().int().nonnegative(),
  at: z.string(),
  holds: z.array(hold),
  closed: z.array(closedHold),
  damage: z.object({ problem: z.string(), holdsKnown: z.boolean() }).nullable(),
});
/** What `state.json` says: the holds in force, for readers that want one small file. */
export type Snapshot = z.infer<typeof snapshot>;

function checksum(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 16);
}

function seal(value: unknown): string {
  return JSON.stringify({ sum: checksum(value), value });
}

function unseal(text: string): unknown {
  const envelope: unknown = JSON.parse(text);
  if (typeof envelope !== "object" || envelope === null || !("sum" in envelope) || !("value" in envelope)) return null;
  return envelope.sum === checksum(envelope.value) ? envelope.value : null;
}

/** @returns one journal line without its newline: `{"sum": first 16 hex digits of SHA-256, "value": record}` */
export function encodeRecord(record: JournalRecord): string {
  return seal(record);
}

/** @returns the record, or null when the line is damaged in any way */
export function decodeRecord(line: string): JournalRecord | null {
  try {
    return journalRecord.safeParse(unseal(line)).data ?? null;
  } catch {
    return null;
  }
}

export function encodeSnapshot(value: Snapshot): string {
  return seal(value) + "\n";
}

/** @returns the snapshot, or null when the text is not a whole one */
export function decodeSnapshot(text: string): Snapshot | null {
  try {
    return snapshot.safeParse(unseal(text)).data ?? null;
  } catch {
    return null;
  }
}
