import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { appendCustody } from "../custody.ts";
import { FILES, evidenceManifest } from "../manifest.ts";
import {
  archiveDirectory,
  isSealed,
  isUnderWay,
  listArchiveIds,
  readCollectionRecords,
  removeCollectionRecord,
  removeTemporaryDir,
  writeCollectionRecord,
} from "./collection-record.ts";
import type { CollectionRecord } from "./collection-record.ts";

/** A collection that left nothing sealed. */
export interface CutOff {
  readonly id: string;
  readonly problem: string;
}

/**
 * Sets aside what collections left that were cut off: `ID` becomes `ID.partial-N`, never sealed and never removed.
 *
 * @param at now, as ISO 8601
 * @returns every collection that came to nothing and that no archive has named yet
 */
export function settleInterrupted(home: string, at: string): CutOff[] {
  const records = readCollectionRecords(home);
  const cutOff: CutOff[] = [];
  for (const record of records) {
    if (isUnderWay(record)) continue;
    if (isSealed(home, record.id)) {
      completeCustody(archiveDirectory(home, record.id));
      removeCollectionRecord(home, record.id);
    } else cutOff.push(settle(home, record, at));
  }
  const known = new Set(records.map(({ id }) => id));
  for (const id of listArchiveIds(home)) {
    if (!known.has(id) && !isSealed(home, id)) cutOff.push({ id, problem: setAside(home, id) });
  }
  return cutOff;
}

function settle(home: string, record: CollectionRecord, at: string): CutOff {
  removeTemporaryDir(home, record.id);
  if (record.end !== null) return { id: record.id, problem: record.end.problem };
  const { done, total, current } = record.progress;
  const during = current === null ? "" : `, while it collected ${current}`;
  const problem = `its process ended after ${done} of ${total} kinds of evidence${during}; ${setAside(home, record.id)}`;
  writeCollectionRecord(home, { ...record, end: { state: "interrupted", at, problem } });
  return { id: record.id, problem };
}

/** @returns where what there is lies now */
export function setAside(home: string, id: string): string {
  const directory = archiveDirectory(home, id);
  for (let number = 1; existsSync(directory); number += 1) {
    const aside = `${directory}.partial-${number}`;
    if (existsSync(aside)) continue;
    renameSync(directory, aside);
    return `what it had is kept unsealed as ${path.basename(aside)}`;
  }
  return "it had written nothing yet";
}

/** Killed between the manifest and the first line of the custody log: what that line says stands in the manifest. */
function completeCustody(directory: string): void {
  if (existsSync(path.join(directory, FILES.custody))) return;
  const bytes = readFileSync(path.join(directory, FILES.manifest));
  const {
    collection_completed: at,
    collector: actor,
    reason,
  } = evidenceManifest.parse(JSON.parse(bytes.toString("utf8")));
  const manifestSha256 = createHash("sha256").update(bytes).digest("hex");
  appendCustody(directory, { at, act: "collected", actor, reason, manifest_sha256: manifestSha256 });
}
