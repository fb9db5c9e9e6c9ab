import { existsSync, readFileSync, renameSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import type { Clock } from "../kernel/index.ts";
import { ensurePrivateDir, toIso } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { collectAgent } from "./collect/collect-agent.ts";
import type { AgentSubject } from "./collect/collect-agent.ts";
import { appendCustody } from "./custody.ts";
import { FILES, MANIFEST_FORMAT, evidenceManifest } from "./manifest.ts";
import type { EvidenceManifest } from "./manifest.ts";
import { openEvidenceKey } from "./signing-key.ts";

export interface EvidenceContext {
  readonly home: string;
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
}

export interface CollectInput {
  /** names the archive; collecting twice under one id gives the first archive back */
  readonly archiveId: string;
  readonly incidentId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly reason: string;
  readonly subject: Omit<AgentSubject, "home">;
  readonly signal: AbortSignal;
}

export interface EvidenceSummary {
  readonly id: string;
  readonly directory: string;
  readonly manifestSha256: string;
  readonly items: number;
  readonly degradedItems: number;
  readonly bytes: number;
}

/**
 * Collects what can be had of an agent into a sealed archive under `<home>/evidence`, and records it.
 *
 * A collection that was cut off left no manifest; it is kept beside the new one as `<id>.partial-N`.
 */
export async function collectEvidence(ctx: EvidenceContext, input: CollectInput): Promise<EvidenceSummary> {
  const directory = path.join(ctx.home, "evidence", input.archiveId);
  if (!existsSync(path.join(directory, FILES.manifest))) await writeArchive(ctx, input, directory);
  const summary = readSummary(input.archiveId, directory);
  await recordArchive(ctx, input, summary);
  return summary;
}

async function writeArchive(ctx: EvidenceContext, input: CollectInput, directory: string): Promise<void> {
  ensurePrivateDir(path.dirname(directory));
  const partial = setPartialAside(directory);
  const started = toIso(ctx.clock.now());
  const writer = new ArchiveWriter(directory, ctx.clock);
  if (partial !== null) {
    writer.addFailure(
      { name: "earlier-collection", description: "a collection that was cut off before it was sealed" },
      `kept unsealed as ${path.basename(partial)}`,
    );
  }
  await collectAgent(writer, { ...input.subject, home: ctx.home }, input.signal);
  const manifest: EvidenceManifest = {
    format: MANIFEST_FORMAT,
    archive_id: input.archiveId,
    incident_id: input.incidentId,
    agent_id: input.agentId,
    session_id: input.sessionId,
    reason: input.reason,
    collector: `${ctx.actor.kind} ${ctx.actor.name}`,
    hostname: os.hostname(),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    collection_started: started,
    collection_completed: toIso(ctx.clock.now()),
    total_evidence_items: writer.items.length,
    evidence_items: writer.items,
  };
  const sha256 = writer.seal(manifest, openEvidenceKey(ctx.home));
  appendCustody(directory, {
    at: toIso(ctx.clock.now()),
    act: "collected",
    actor: manifest.collector,
    reason: input.reason,
    manifest_sha256: sha256,
  });
}

function setPartialAside(directory: string): string | null {
  if (!existsSync(directory)) return null;
  let number = 1;
  while (existsSync(`${directory}.partial-${number}`)) number += 1;
  const aside = `${directory}.partial-${number}`;
  renameSync(directory, aside);
  return aside;
}

function readSummary(id: string, directory: string): EvidenceSummary {
  const manifest = evidenceManifest.parse(JSON.parse(readFileSync(path.join(directory, FILES.manifest), "utf8")));
  const signature: unknown = JSON.parse(readFileSync(path.join(directory, FILES.signature), "utf8"));
  const items = manifest.evidence_items;
  return {
    id,
    directory,
    manifestSha256: manifestHashOf(signature),
    items: items.length,
    degradedItems: items.filter((item) => item.status !== "collected").length,
    bytes: items.reduce((sum, item) => sum + item.file_size_bytes, 0),
  };
}

function manifestHashOf(signature: unknown): string {
  const found = typeof signature === "object" && signature !== null && "manifest_sha256" in signature;
  return found ? String(signature.manifest_sha256) : "";
}

async function recordArchive(ctx: EvidenceContext, input: CollectInput, summary: EvidenceSummary): Promise<void> {
  const now = ctx.clock.now();
  await ctx.database.kysely.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto("evidence_archives")
      .values({
        id: summary.id,
        incident_id: input.incidentId,
        session_id: input.sessionId,
        agent_id: input.agentId,
        reason: input.reason,
        directory: summary.directory,
        manifest_sha256: summary.manifestSha256,
        items: summary.items,
        degraded_items: summary.degradedItems,
        bytes: String(summary.bytes),
        collected_at: toIso(now),
        collected_by: JSON.stringify(ctx.actor),
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted === undefined) return;
    await recordAudit(trx, {
      at: now,
      actor: ctx.actor,
      action: "evidence.collect",
      target: summary.id,
      detail: { incidentId: input.incidentId, manifestSha256: summary.manifestSha256, items: summary.items },
    });
    await notifyLive(trx, "evidence", summary.id);
  });
}
