import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { actor, isId } from "@firebreak/protocol";
import { z } from "zod";
import { appendCustody } from "./custody.ts";
import type { CustodyLine } from "./custody.ts";
import { folderScan, readSigned, writeSigned } from "./manifest.ts";
import { enabledBefore } from "./openclaw-entry.ts";

/**
 * One quarantined skill. `moving`: on its way in, or stuck there by a crash; `kept`; `restoring`: on its way back;
 * `restored`.
 */
export const quarantineRecord = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  state: z.enum(["moving", "kept", "restoring", "restored"]),
  folder: z.string(),
  skill: z.string(),
  reason: z.string(),
  by: actor,
  incidentId: z.string().nullable(),
  at: z.string(),
  /** what was taken out; known once it is kept */
  scan: folderScan.nullable(),
  /** what OpenClaw's settings said, when they were changed */
  openclaw: z.strictObject({ file: z.string(), key: z.string(), was: enabledBefore }).nullable(),
  restored: z.strictObject({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
});
export type QuarantineRecord = z.infer<typeof quarantineRecord>;

const rootOf = (home: string) => path.join(home, "quarantine");

export function quarantinePaths(home: string, id: string) {
  const directory = path.join(rootOf(home), id);
  return { directory, content: path.join(directory, "content"), record: path.join(directory, "record.json") };
}

/** @throws SignatureFault when it was changed */
export function readRecord(home: string, id: string): QuarantineRecord | null {
  if (!isId("quarantine", id)) return null;
  return readSigned(home, quarantinePaths(home, id).record, quarantineRecord);
}

export function writeRecord(home: string, record: QuarantineRecord): void {
  writeSigned(home, quarantinePaths(home, record.id).record, record);
}

/** Appends who did what with one quarantined skill, when and why. */
export function appendCustodyLine(home: string, id: string, line: CustodyLine): void {
  appendCustody(path.join(quarantinePaths(home, id).directory, "custody.jsonl"), line);
}

/** @returns newest first; a record that was changed is named and left out */
export function listQuarantine(home: string): { records: QuarantineRecord[]; problems: string[] } {
  const problems: string[] = [];
  const names = existsSync(rootOf(home)) ? readdirSync(rootOf(home)) : [];
  const records = names
    .toSorted()
    .toReversed()
    .flatMap((name) => {
      try {
        return readRecord(home, name) ?? [];
      } catch (fault) {
        problems.push(fault instanceof Error ? fault.message : String(fault));
        return [];
      }
    });
  return { records, problems };
}
