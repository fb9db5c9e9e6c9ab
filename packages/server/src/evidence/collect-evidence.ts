import { existsSync } from "node:fs";
import type { Actor, EvidenceLevel } from "@firebreak/protocol";
import type { Clock, EvidenceSettings } from "../kernel/index.ts";
import { FirebreakError, messageOf, readProcessStartTime, toIso } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import {
  archiveDirectory,
  isSealed,
  makeTemporaryDir,
  readCollectionRecords,
  removeCollectionRecord,
  removeTemporaryDir,
  writeCollectionRecord,
} from "./collect/collection-record.ts";
import type { CollectionRecord } from "./collect/collection-record.ts";
import type { Scene, SessionSubject, Surroundings } from "./collect/collector.ts";
import { COLLECTORS } from "./collect/collectors.ts";
import { beginItemJournal, removeItemJournal } from "./collect/item-journal.ts";
import { chooseCollectors, runCollectors } from "./collect/run-collectors.ts";
import type { CollectorRun } from "./collect/run-collectors.ts";
import { describeCollectionItem, sealArchiveOf } from "./collect/seal-collection.ts";
import { readSummary } from "./read-summary.ts";
import type { EvidenceSummary } from "./read-summary.ts";
import { recordArchive } from "./record-archive.ts";

export interface EvidenceContext {
  readonly home: string;
  /** null: no server runs; the archive is taken into the records by the next one */
  readonly database: Pick<Database, "kysely"> | null;
  readonly clock: Clock;
  readonly actor: Actor;
}

export interface CollectInput {
  /** names the archive; collecting twice under one id gives the first archive back */
  readonly archiveId: string;
  readonly incidentId: string | null;
  /** empty: of this host, without an agent */
  readonly agentIds: readonly string[];
  /** null: of every session that is given */
  readonly sessionId: string | null;
  readonly sessions: readonly SessionSubject[];
  readonly reason: string;
  readonly level: EvidenceLevel;
  readonly settings: EvidenceSettings;
  /** instead of the level's */
  readonly timeLimitMs?: number | undefined;
  /** also the memory of the agent's processes */
  readonly memory?: boolean;
  readonly surroundings: Omit<Surroundings, "temporaryDir">;
  /** ends the collection: what was had is sealed, the rest is named */
  readonly signal: AbortSignal;
  readonly onProgress?: (record: CollectionRecord) => void;
}

const PROGRESS_EVERY_MS = 250;

/**
 * Collects what can be had into a sealed archive under `<home>/evidence`, and records it.
 *
 * What it has is written down item by item, so that `settleInterrupted` seals it when this process is killed.
 */
export async function collectEvidence(ctx: EvidenceContext, input: CollectInput): Promise<EvidenceSummary> {
  const summary = await sealCollection(ctx, input);
  await recordCollection(ctx, input, summary);
  return summary;
}

/** The part of it that is heavy and needs no database; the other is `recordCollection`. */
export async function sealCollection(ctx: SealContext, input: CollectInput): Promise<EvidenceSummary> {
  if (!isSealed(ctx.home, input.archiveId)) await writeArchive(ctx, input);
  return readSummary(input.archiveId, archiveDirectory(ctx.home, input.archiveId));
}

/** Puts what was sealed on record; without a database the next server does. */
export async function recordCollection(
  ctx: EvidenceContext,
  input: Pick<CollectInput, "archiveId" | "incidentId" | "agentIds" | "sessionId" | "reason" | "level">,
  summary: EvidenceSummary,
): Promise<void> {
  try {
    const facts = { ...input, agentId: onlyAgentOf(input) };
    if (ctx.database !== null) await recordArchive({ ...ctx, database: ctx.database }, facts, summary);
  } finally {
    // not before: whoever asks for it meanwhile must find the one or the other
    removeCollectionRecord(ctx.home, input.archiveId);
  }
}

type SealContext = Omit<EvidenceContext, "database">;

async function writeArchive(ctx: SealContext, input: CollectInput): Promise<void> {
  const { home, clock } = ctx;
  const { archiveId } = input;
  if (existsSync(archiveDirectory(home, archiveId))) {
    throw new FirebreakError("conflict", `evidence is being collected into ${archiveId} already`);
  }
  const record = newRecord(ctx, input);
  writeCollectionRecord(home, record);
  try {
    const scene = makeScene(ctx, input, makeTemporaryDir(home, archiveId));
    await fillArchive(ctx, input, { scene, record });
  } catch (fault) {
    failCollection(home, clock, archiveId, messageOf(fault));
    throw fault;
  } finally {
    removeTemporaryDir(home, archiveId);
  }
  removeItemJournal(home, archiveId);
}

/** Says that a collection came to nothing by itself; what it had is sealed as that of one that was killed. */
export function failCollection(home: string, clock: Clock, id: string, problem: string): void {
  const record = readCollectionRecords(home).find((one) => one.id === id);
  if (record === undefined || record.end !== null || isSealed(home, id)) return;
  writeCollectionRecord(home, { ...record, end: { state: "failed", at: toIso(clock.now()), problem } });
}

function newRecord(ctx: SealContext, input: CollectInput): CollectionRecord {
  const { archiveId: id, incidentId, sessionId, level, reason, settings } = input;
  const agentId = onlyAgentOf(input);
  const startedMs = ctx.clock.now();
  return {
    version: 1,
    id,
    incidentId,
    agentId,
    sessionId,
    level,
    reason,
    actor: ctx.actor,
    process: { pid: process.pid, startTime: readProcessStartTime(process.pid) },
    startedAt: toIso(startedMs),
    endsBy: toIso(startedMs + (input.timeLimitMs ?? settings.levels[level].timeLimitSeconds * 1000)),
    progress: { done: 0, total: 0, current: null, items: 0, bytes: 0 },
    end: null,
  };
}

/** A record names one agent; of several, `collection.json` in the archive tells. */
function onlyAgentOf({ agentIds }: Pick<CollectInput, "agentIds">): string | null {
  const [only, second] = agentIds;
  return second === undefined ? (only ?? null) : null;
}

function makeScene({ home, clock }: SealContext, input: CollectInput, temporaryDir: string): Scene {
  const { level, settings, agentIds, sessions, memory = false, surroundings } = input;
  const limits = settings.levels[level];
  const nowMs = clock.now();
  return {
    home,
    level,
    limits,
    settings,
    memory,
    nowMs,
    subject: { agentIds, sessions },
    surroundings: { ...surroundings, temporaryDir },
    sinceMs: nowMs - limits.logDays * 86_400_000,
  };
}

interface Making {
  readonly scene: Scene;
  readonly record: CollectionRecord;
}

async function fillArchive(ctx: SealContext, input: CollectInput, making: Making): Promise<void> {
  const { clock, home } = ctx;
  const { scene, record } = making;
  const collectors = chooseCollectors(COLLECTORS, scene);
  const journal = beginItemJournal(home, input.archiveId);
  journal.note({ record, about: describeCollection(input, making) });
  journal.note({ kinds: collectors.map(({ name, description }) => ({ name, description })) });
  const writer = new ArchiveWriter(archiveDirectory(home, input.archiveId), clock, { journal });
  const meter = { bytes: 0 };
  let at = record.progress;
  const tell = () => {
    at = { ...at, items: writer.items.length, bytes: meter.bytes };
    try {
      writeCollectionRecord(home, { ...record, progress: at });
    } catch {
      // a disk that is full keeps nobody from collecting what still fits
    }
    input.onProgress?.({ ...record, progress: at });
  };
  const ticking = setInterval(tell, PROGRESS_EVERY_MS);
  const limited = new AbortController();
  const timer = setTimeout(() => limited.abort(), Date.parse(record.endsBy) - Date.parse(record.startedAt));
  try {
    const runs = await runCollectors(collectors, {
      writer,
      scene,
      meter,
      signal: AbortSignal.any([input.signal, limited.signal]),
      now: () => performance.now(),
      onProgress: (progress) => {
        at = { ...at, ...progress };
        tell();
      },
      onRun: (run) => journal.note({ run: { ...run } }),
    });
    finish(ctx, input, { ...making, runs, writer });
  } finally {
    clearInterval(ticking);
    clearTimeout(timer);
  }
}

function finish(
  ctx: SealContext,
  input: CollectInput,
  made: Making & { readonly runs: readonly CollectorRun[]; readonly writer: ArchiveWriter },
): void {
  const { writer, record, runs } = made;
  const account = { ...describeCollection(input, made), collectors: runs };
  writer.addBytes(describeCollectionItem(), Buffer.from(`${JSON.stringify(account, null, 2)}\n`));
  sealArchiveOf(ctx, record, writer);
}

function describeCollection({ level, agentIds, sessions }: CollectInput, { scene, record }: Making) {
  return {
    level,
    agents: agentIds,
    limits: scene.limits,
    memory: scene.memory,
    endsBy: record.endsBy,
    since: toIso(scene.sinceMs),
    sessions: sessions.map(({ sessionId, agentId, elsewhere }) => ({ sessionId, agentId, elsewhere })),
  };
}
