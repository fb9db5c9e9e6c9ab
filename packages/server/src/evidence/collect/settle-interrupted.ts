import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../../kernel/index.ts";
import { messageOf, readProcessStartTime, toIso, withFileLock } from "../../kernel/index.ts";
import { appendCustody } from "../custody.ts";
import { FILES, evidenceManifest } from "../manifest.ts";
import {
  archiveDirectory,
  claimFile,
  isSealed,
  isUnderWay,
  listArchiveIds,
  readCollectionRecords,
  removeCollectionRecord,
  removeTemporaryDir,
  writeCollectionRecord,
} from "./collection-record.ts";
import type { CollectionRecord } from "./collection-record.ts";
import { finishCutOff } from "./finish-cut-off.ts";
import { readItemJournal, removeItemJournal } from "./item-journal.ts";

/** A collection that its own process did not seal. */
export interface CutOff {
  readonly id: string;
  readonly problem: string;
  /** what it had is sealed now */
  readonly isSealed: boolean;
}

export interface SettleContext {
  readonly home: string;
  readonly clock: Clock;
  /** those that could not be sealed before and are not tried again now */
  readonly tried: ReadonlySet<string>;
}

/** @returns whether there is anything to settle, which is cheap to ask */
export function hasInterrupted({ home, tried }: Pick<SettleContext, "home" | "tried">): boolean {
  const records = readCollectionRecords(home);
  if (records.some((record) => !isUnderWay(record) && !tried.has(record.id))) return true;
  const known = new Set(records.map(({ id }) => id));
  return listArchiveIds(home).some((id) => !known.has(id) && !tried.has(id) && !isSealed(home, id));
}

/**
 * Seals what collections had whose process is gone, and names in each what is missing. A directory of which nothing tells what
 * it is becomes `ID.partial-N`.
 *
 * @returns what was cut off, once for each
 */
export async function settleInterrupted(ctx: SettleContext): Promise<CutOff[]> {
  const { home, tried } = ctx;
  const records = readCollectionRecords(home);
  const known = new Set(records.map(({ id }) => id));
  const cutOff: CutOff[] = [];
  for (const id of listArchiveIds(home)) {
    if (known.has(id) || tried.has(id) || isSealed(home, id)) continue;
    // the record is written anew all the time, and the machine may have stopped in it
    const { record } = readItemJournal(home, id);
    if (record === null) cutOff.push({ id, problem: setAside(home, id), isSealed: false });
    else records.push(record);
  }
  for (const record of records) {
    const settled = await settle(ctx, record);
    if (settled !== null) cutOff.push(settled);
  }
  return cutOff;
}

async function settle({ home, clock, tried }: SettleContext, record: CollectionRecord): Promise<CutOff | null> {
  const { id } = record;
  if (isUnderWay(record)) return null;
  if (isSealed(home, id)) {
    completeCustody(archiveDirectory(home, id));
    forget(home, id);
    return null;
  }
  if (tried.has(id) || !(await claim(home, clock, record))) return null;
  removeTemporaryDir(home, id);
  const problem = describe(record);
  try {
    await finishCutOff({ home, clock }, record, problem);
    forget(home, id);
    return { id, problem, isSealed: true };
  } catch (fault) {
    const why = `${problem}; what it had could not be sealed: ${messageOf(fault)}`;
    writeCollectionRecord(home, { ...record, end: { state: "failed", at: toIso(clock.now()), problem: why } });
    return { id, problem: why, isSealed: false };
  }
}

/** Of several processes that find it at once, one finishes it. */
async function claim(home: string, clock: Clock, record: CollectionRecord): Promise<boolean> {
  const own = { pid: process.pid, startTime: readProcessStartTime(process.pid) };
  return withFileLock(claimFile(home, record.id), clock, () => {
    const now = readCollectionRecords(home).find(({ id }) => id === record.id) ?? record;
    if (isUnderWay(now) || isSealed(home, record.id)) return false;
    writeCollectionRecord(home, { ...record, end: null, process: own });
    return true;
  });
}

function describe({ end, progress: { done, total, current } }: CollectionRecord): string {
  if (end !== null) return end.problem;
  const during = current === null ? "" : `, while it collected ${current}`;
  return `its process ended after ${done} of ${total} kinds of evidence${during}`;
}

function forget(home: string, id: string): void {
  removeItemJournal(home, id);
  removeCollectionRecord(home, id);
}

/** @returns where what there is lies now */
function setAside(home: string, id: string): string {
  const directory = archiveDirectory(home, id);
  for (let number = 1; ; number += 1) {
    const aside = `${directory}.partial-${number}`;
    if (existsSync(aside)) continue;
    renameSync(directory, aside);
    return `nothing tells what it is; it is kept unsealed as ${path.basename(aside)}`;
  }
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
