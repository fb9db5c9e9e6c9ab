import os from "node:os";
import type { Clock } from "../../kernel/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { ArchiveWriter } from "../archive-writer.ts";
import { appendCustody } from "../custody.ts";
import { MANIFEST_FORMAT } from "../manifest.ts";
import type { EvidenceManifest } from "../manifest.ts";
import { openEvidenceKey } from "../signing-key.ts";
import type { CollectionRecord } from "./collection-record.ts";

export const COLLECTION_ITEM = "collection.json";

export function describeCollectionItem() {
  const description = "how this archive was collected: limits, and each kind with its time";
  return { name: COLLECTION_ITEM, description, metadata: {} };
}

/** Writes manifest, signature and the first line of the custody log. */
export function sealArchiveOf(
  { home, clock }: { readonly home: string; readonly clock: Clock },
  record: CollectionRecord,
  writer: ArchiveWriter,
  custodyReason = record.reason,
): void {
  const manifest: EvidenceManifest = {
    format: MANIFEST_FORMAT,
    archive_id: record.id,
    incident_id: record.incidentId,
    agent_id: record.agentId,
    session_id: record.sessionId,
    reason: record.reason,
    collector: `${record.actor.kind} ${record.actor.name}`,
    hostname: os.hostname(),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    collection_started: record.startedAt,
    collection_completed: toIso(clock.now()),
    total_evidence_items: writer.items.length,
    evidence_items: writer.items,
  };
  const sha256 = writer.seal(manifest, openEvidenceKey(home));
  appendCustody(writer.directory, {
    at: toIso(clock.now()),
    act: "collected",
    actor: manifest.collector,
    reason: custodyReason,
    manifest_sha256: sha256,
  });
}
