import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { actor, evidenceLevel } from "@firebreak/protocol";
import { z } from "zod";
import { ensurePrivateDir, processExists, readProcessStartTime, writeFileAtomic } from "../../kernel/index.ts";
import { FILES } from "../manifest.ts";

export const collectionRecord = z.object({
  version: z.literal(1),
  id: z.string().regex(/^evd_[0-9A-Z]{26}$/),
  incidentId: z.string().nullable(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  level: evidenceLevel,
  reason: z.string(),
  actor,
  /** who collects: when it is gone and nothing was sealed, the collection was cut off */
  process: z.object({ pid: z.number().int(), startTime: z.string().nullable() }),
  startedAt: z.string(),
  endsBy: z.string(),
  progress: z.object({
    done: z.number().int(),
    total: z.number().int(),
    current: z.string().nullable(),
    items: z.number().int(),
    bytes: z.number(),
  }),
  /** null while it is under way; a sealed one has no record any more */
  end: z.object({ state: z.enum(["interrupted", "failed"]), at: z.string(), problem: z.string() }).nullable(),
});
/** What everybody in this home can see of a collection that is under way, or came to nothing. */
export type CollectionRecord = z.infer<typeof collectionRecord>;

const evidenceDir = (home: string) => path.join(home, "evidence");
export const recordsDir = (home: string) => path.join(evidenceDir(home), "under-way");
const fileOf = (home: string, id: string) => path.join(recordsDir(home), `${id}.json`);
/** Whoever holds it decides who finishes a collection that was cut off. */
export const claimFile = (home: string, id: string) => path.join(recordsDir(home), `${id}.claim`);
const temporaryOf = (home: string, id: string) => path.join(recordsDir(home), `${id}.tmp`);
const ARCHIVE = /^evd_[0-9A-Z]{26}$/;

export function archiveDirectory(home: string, id: string): string {
  return path.join(evidenceDir(home), id);
}

/** @returns the ids of the directories in the home that are archives, sealed or not */
export function listArchiveIds(home: string): string[] {
  return listNames(evidenceDir(home)).filter((name) => ARCHIVE.test(name));
}

export function isSealed(home: string, id: string): boolean {
  return existsSync(path.join(archiveDirectory(home, id), FILES.manifest));
}

/** Before anything of the archive is written, so that what a killed process left can be told from what never was. */
export function writeCollectionRecord(home: string, record: CollectionRecord): void {
  ensurePrivateDir(evidenceDir(home));
  ensurePrivateDir(recordsDir(home));
  writeFileAtomic(fileOf(home, record.id), `${JSON.stringify(record)}\n`);
}

/** @returns a directory for what is copied before it is kept, on the disk of the archive */
export function makeTemporaryDir(home: string, id: string): string {
  const directory = temporaryOf(home, id);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

export function removeTemporaryDir(home: string, id: string): void {
  rmSync(temporaryOf(home, id), { recursive: true, force: true });
}

export function removeCollectionRecord(home: string, id: string): void {
  rmSync(fileOf(home, id), { force: true });
}

export function readCollectionRecords(home: string): CollectionRecord[] {
  return listNames(recordsDir(home))
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readRecord(path.join(recordsDir(home), name)) ?? []);
}

function readRecord(file: string): CollectionRecord | null {
  try {
    return collectionRecord.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null; // it ended meanwhile, or the system lost power while it was written
  }
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** @returns whether the process that collects still lives */
export function isUnderWay({ process: { pid, startTime }, end }: CollectionRecord): boolean {
  if (end !== null) return false;
  return startTime === null ? processExists(pid) : readProcessStartTime(pid) === startTime;
}
