import path from "node:path";
import type { Actor, CollectionView, EvidenceView } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { getEvidence, isUnderWay, readCollectionRecords, readSummary } from "../../evidence/index.ts";
import type { CollectInput, CollectionRecord } from "../../evidence/index.ts";
import { FirebreakError, messageOf, processSurroundings } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { House } from "../house.ts";
import { collectInThread } from "./collect-in-thread.ts";
import { resolveSubject } from "./resolve-subject.ts";
import type { CollectRequest } from "./resolve-subject.ts";

/** One reads the whole host: several at once make each other slow. */
const AT_ONCE_MAX = 3;
const NOTICE_EVERY_MS = 1_000;

/**
 * Begins to collect; it goes on after this returns, and ends as an archive of the same id.
 *
 * @throws FirebreakError not_found, bad_request, too_many_requests
 */
export async function startCollection(house: House, actor: Actor, request: CollectRequest): Promise<CollectionView> {
  const { config, database, collections } = house;
  const subject = await resolveSubject(config.home, database, request);
  if (collections.underWay.size >= AT_ONCE_MAX) {
    throw new FirebreakError("too_many_requests", `${AT_ONCE_MAX} collections are under way; wait for one of them`);
  }
  const abort = new AbortController();
  const archiveId = house.newId("evidence");
  const begun = begin(house, actor, request, { ...subject, archiveId, signal: abort.signal });
  const done = begun.then(
    ({ ended }) => ended,
    () => undefined,
  );
  collections.underWay.set(archiveId, { done, abort });
  void done.finally(() => collections.underWay.delete(archiveId));
  const { first } = await begun;
  return first === null ? getCollection(house, archiveId) : viewRecord(first);
}

type Asked = Pick<CollectInput, "archiveId" | "agentIds" | "sessionId" | "sessions" | "signal">;

/** @returns what is known of it as soon as it runs, and when it has ended, well or not */
async function begin(
  house: House,
  actor: Actor,
  request: CollectRequest,
  asked: Asked,
): Promise<{ first: CollectionRecord | null; ended: Promise<void> }> {
  const { config, database, clock, profile, profilesDir, readSecret } = house;
  const { archiveId, agentIds } = asked;
  const { reason, level, incidentId = null, sessionId = null, memory = false, timeLimitSeconds = null } = request;
  const detail = { agents: [...agentIds], sessionId, incidentId, reason, level, memory, timeLimitSeconds };
  await inTransaction(database, (trx) =>
    recordAudit(trx, { at: clock.now(), actor, action: "evidence.begin", target: archiveId, detail }),
  );
  const { name, effectors } = profile;
  const { userHome } = processSurroundings();
  const place = { home: config.home, userHome, profilesDir, profile: { name, effectors } };
  let tell = (_record: CollectionRecord | null): void => undefined;
  const first = new Promise<CollectionRecord | null>((resolve) => (tell = resolve));
  const notice = noticeChanges(house, archiveId);
  const collecting = collectInThread(
    { context: { home: config.home, database, clock, actor }, place, readSecret },
    {
      ...asked,
      incidentId,
      reason,
      level,
      memory,
      settings: profile.evidence,
      timeLimitMs: timeLimitSeconds === null ? undefined : timeLimitSeconds * 1000,
      onProgress: (record) => {
        tell(record);
        notice();
      },
    },
  );
  const ended = collecting.then(
    () => tell(null),
    (fault: unknown) => {
      tell(null);
      return noteFailure(house, actor, archiveId, fault);
    },
  );
  return { first: await first, ended };
}

async function noteFailure(house: House, actor: Actor, archiveId: string, fault: unknown): Promise<void> {
  const problem = messageOf(fault);
  house.logger.error("evidence could not be collected", { archive: archiveId, problem });
  const detail = { problem };
  try {
    await inTransaction(house.database, (trx) =>
      recordAudit(trx, { at: house.clock.now(), actor, action: "evidence.fail", target: archiveId, detail }),
    );
  } catch (away) {
    house.logger.error("that could not be put into the audit log", { archive: archiveId, problem: messageOf(away) });
  }
}

/** Tells live views that it went on, not more often than people look. */
function noticeChanges({ database, clock }: House, archiveId: string): () => void {
  let lastMs = 0;
  return () => {
    const nowMs = clock.now();
    if (nowMs - lastMs < NOTICE_EVERY_MS) return;
    lastMs = nowMs;
    notifyLive(database.kysely, "evidence", archiveId).catch(() => undefined);
  };
}

/** Collections of this server's home that are under way or came to nothing, the newest first. */
export function listCollections({ config }: House): CollectionView[] {
  const records = readCollectionRecords(config.home);
  return records.map(viewRecord).toSorted((a, b) => b.id.localeCompare(a.id));
}

/** @throws FirebreakError not_found */
export async function getCollection(house: House, id: string): Promise<CollectionView> {
  const record = readCollectionRecords(house.config.home).find((one) => one.id === id);
  return record === undefined ? viewArchive(await getEvidence(house, id)) : viewRecord(record);
}

function viewRecord(record: CollectionRecord): CollectionView {
  const { id, incidentId, agentId, sessionId, level, reason, actor, startedAt, endsBy, progress, end } = record;
  const state = end?.state ?? (isUnderWay(record) ? "running" : "interrupted");
  const problem = end?.problem ?? (state === "interrupted" ? "its process ended before it was sealed" : null);
  const facts = { id, incidentId, agentId, sessionId, level, reason, startedAt, endsBy };
  return { ...facts, state, startedBy: `${actor.kind} ${actor.name}`, ...progress, completeness: null, problem };
}

function viewArchive(archive: EvidenceView): CollectionView {
  const { id, incidentId, agentId, sessionId, reason, collectedAt, collectedBy, items, bytes } = archive;
  const progress = { done: 0, total: 0, current: null, items, bytes };
  return {
    id,
    incidentId,
    agentId,
    sessionId,
    reason,
    state: "sealed",
    level: null,
    startedBy: `${collectedBy.kind} ${collectedBy.name}`,
    startedAt: collectedAt,
    endsBy: null,
    ...progress,
    completeness: completenessIn(archive.directory, id),
    problem: null,
  };
}

/** An archive may lie in the home of another node. */
function completenessIn(directory: string, id: string): CollectionView["completeness"] {
  try {
    return readSummary(id, path.resolve(directory)).completeness;
  } catch {
    return null;
  }
}
