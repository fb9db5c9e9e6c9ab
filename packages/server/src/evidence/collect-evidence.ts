import { existsSync } from "node:fs";
import os from "node:os";
import type { Actor, EvidenceLevel } from "@firebreak/protocol";
import type { Clock, EvidenceSettings } from "../kernel/index.ts";
import { FirebreakError, messageOf, readProcessStartTime, toIso } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import {
  archiveDirectory,
  isSealed,
  makeTemporaryDir,
  removeCollectionRecord,
  removeTemporaryDir,
  writeCollectionRecord,
} from "./collect/collection-record.ts";
import type { CollectionRecord } from "./collect/collection-record.ts";
import type { Scene, SessionSubject, Surroundings } from "./collect/collector.ts";
import { COLLECTORS } from "./collect/collectors.ts";
import { setAside, settleInterrupted } from "./collect/settle-interrupted.ts";
import type { CutOff } from "./collect/settle-interrupted.ts";
import { chooseCollectors, runCollectors } from "./collect/run-collectors.ts";
import type { CollectorRun } from "./collect/run-collectors.ts";
import { appendCustody } from "./custody.ts";
import { MANIFEST_FORMAT } from "./manifest.ts";
import type { EvidenceManifest } from "./manifest.ts";
import { readSummary } from "./read-summary.ts";
import type { EvidenceSummary } from "./read-summary.ts";
import { recordArchive } from "./record-archive.ts";
import { openEvidenceKey } from "./signing-key.ts";

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
 * A collection that was cut off left no manifest; it is kept beside the others as `<id>.partial-N`, and the next one names it.
 */
export async function collectEvidence(ctx: EvidenceContext, input: CollectInput): Promise<EvidenceSummary> {
  const summary = await sealCollection(ctx, input);
  await recordCollection(ctx, input, summary);
  return summary;
}

/** The part of it that is heavy and needs no database; the other is `recordCollection`. */
export async function sealCollection(ctx: SealContext, input: CollectInput): Promise<EvidenceSummary> {
  const interrupted = settleInterrupted(ctx.home, toIso(ctx.clock.now()));
  if (!isSealed(ctx.home, input.archiveId)) await writeArchive(ctx, input, interrupted);
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

async function writeArchive(ctx: SealContext, input: CollectInput, interrupted: readonly CutOff[]): Promise<void> {
  const { home, clock } = ctx;
  const { archiveId } = input;
  if (existsSync(archiveDirectory(home, archiveId))) {
    throw new FirebreakError("conflict", `evidence is being collected into ${archiveId} already`);
  }
  const record = newRecord(ctx, input);
  writeCollectionRecord(home, record);
  try {
    const scene = makeScene(ctx, input, makeTemporaryDir(home, archiveId));
    await fillArchive(ctx, input, { scene, record, interrupted });
  } catch (fault) {
    const problem = `${messageOf(fault)}; ${setAside(home, archiveId)}`;
    writeCollectionRecord(home, { ...record, end: { state: "failed", at: toIso(clock.now()), problem } });
    throw fault;
  } finally {
    removeTemporaryDir(home, archiveId);
  }
  for (const { id } of interrupted) if (id !== archiveId) removeCollectionRecord(home, id);
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
  readonly interrupted: readonly CutOff[];
}

async function fillArchive(ctx: SealContext, input: CollectInput, making: Making): Promise<void> {
  const { clock, home } = ctx;
  const { scene, record } = making;
  const writer = new ArchiveWriter(archiveDirectory(home, input.archiveId), clock);
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
    const runs = await runCollectors(chooseCollectors(COLLECTORS, scene), {
      writer,
      scene,
      meter,
      signal: AbortSignal.any([input.signal, limited.signal]),
      now: () => performance.now(),
      onProgress: (progress) => {
        at = { ...at, ...progress };
        tell();
      },
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
  const { writer, record, interrupted } = made;
  for (const { id, problem } of interrupted) {
    writer.addFailure(
      { name: `interrupted/${id}`, description: "an earlier collection that was never sealed" },
      problem,
    );
  }
  writer.addBytes(
    {
      name: "collection.json",
      description: "how this archive was collected: limits, and each kind with its time",
      metadata: {},
    },
    Buffer.from(`${JSON.stringify(describeCollection(input, made), null, 2)}\n`),
  );
  const manifest: EvidenceManifest = {
    format: MANIFEST_FORMAT,
    archive_id: input.archiveId,
    incident_id: input.incidentId,
    agent_id: onlyAgentOf(input),
    session_id: input.sessionId,
    reason: input.reason,
    collector: `${ctx.actor.kind} ${ctx.actor.name}`,
    hostname: os.hostname(),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    collection_started: record.startedAt,
    collection_completed: toIso(ctx.clock.now()),
    total_evidence_items: writer.items.length,
    evidence_items: writer.items,
  };
  const sha256 = writer.seal(manifest, openEvidenceKey(ctx.home));
  appendCustody(writer.directory, {
    at: toIso(ctx.clock.now()),
    act: "collected",
    actor: manifest.collector,
    reason: input.reason,
    manifest_sha256: sha256,
  });
}

function describeCollection(
  { level, agentIds, sessions }: CollectInput,
  { runs, scene, record }: Making & { runs: readonly CollectorRun[] },
) {
  return {
    level,
    agents: agentIds,
    limits: scene.limits,
    memory: scene.memory,
    endsBy: record.endsBy,
    since: toIso(scene.sinceMs),
    sessions: sessions.map(({ sessionId, agentId, elsewhere }) => ({ sessionId, agentId, elsewhere })),
    collectors: runs,
  };
}
