import { createPublicKey, verify } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import type { Clock, Logger, SigningKey } from "../kernel/index.ts";
import { messageOf } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { archiveDirectory, isSealed, listArchiveIds } from "./collect/collection-record.ts";
import { hasInterrupted } from "./collect/settle-interrupted.ts";
import type { CutOff, SettleContext } from "./collect/settle-interrupted.ts";
import { FILES, evidenceManifest, manifestSignature } from "./manifest.ts";
import type { EvidenceManifest } from "./manifest.ts";
import { readSummary } from "./read-summary.ts";
import { recordArchive } from "./record-archive.ts";
import { openEvidenceKey } from "./signing-key.ts";

export interface ReconcileContext {
  readonly home: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly actor: Actor;
  /** directories that are no archives of this home: said once, not at every pass */
  readonly refused: Set<string>;
  /** collections that were cut off and could not be sealed: tried again by the next server */
  readonly tried: Set<string>;
  /** seals what was cut off, which may take long */
  readonly settle: (of: Pick<SettleContext, "home" | "tried">) => Promise<readonly CutOff[]>;
}

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Brings records and home together: archives that were sealed while no server ran are put on record, with their act in the
 * audit log; of collections whose process was killed, what they had is sealed and told of.
 */
export async function reconcileEvidence(ctx: ReconcileContext): Promise<void> {
  await tellInterrupted(ctx);
  const sealed = listArchiveIds(ctx.home).filter((id) => !ctx.refused.has(id) && isSealed(ctx.home, id));
  if (sealed.length === 0) return;
  const rows = await ctx.database.kysely
    .selectFrom("evidence_archives")
    .select("id")
    .where("id", "in", sealed)
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  for (const id of sealed.filter((one) => !known.has(one))) await takeIn(ctx, id);
}

async function tellInterrupted(ctx: ReconcileContext): Promise<void> {
  const { home, clock, logger, actor, database, tried } = ctx;
  if (!hasInterrupted(ctx)) return;
  for (const { id, problem, isSealed: sealed } of await ctx.settle({ home, tried })) {
    if (!sealed) tried.add(id);
    logger.warn("a collection of evidence was cut off", { archive: id, problem, sealed });
    const detail = { problem, sealed };
    await inTransaction(database, (trx) =>
      recordAudit(trx, { at: clock.now(), actor, action: "evidence.interrupt", target: id, detail }),
    );
  }
}

async function takeIn(ctx: ReconcileContext, id: string): Promise<void> {
  const { home, logger, database, clock } = ctx;
  const directory = archiveDirectory(home, id);
  try {
    const manifest = readGenuine(directory, openEvidenceKey(home));
    if (manifest.archive_id !== id) throw new Error(`its manifest names another archive, ${manifest.archive_id}`);
    const { incident_id: incidentId, agent_id: agentId, session_id: sessionId, reason } = manifest;
    const facts = { incidentId, agentId, sessionId, reason };
    const collector = { database, clock, actor: collectorOf(manifest) };
    const isNew = await recordArchive(collector, facts, readSummary(id, directory), manifest.collection_completed);
    if (isNew) logger.info("an archive that was collected without the server is on record now", { archive: id });
  } catch (fault) {
    ctx.refused.add(id);
    logger.error("a directory in evidence/ is not taken for an archive", { archive: id, problem: messageOf(fault) });
  }
}

/** Who sealed it had this home's key; whoever can only write into the directory cannot put an archive on record. */
function readGenuine(directory: string, key: SigningKey): EvidenceManifest {
  const bytes = readPlain(path.join(directory, FILES.manifest));
  const signature = manifestSignature.parse(
    JSON.parse(readPlain(path.join(directory, FILES.signature)).toString("utf8")),
  );
  const isGenuine = verify(
    null,
    bytes,
    createPublicKey(key.publicKeyPem),
    Buffer.from(signature.signature_base64, "base64"),
  );
  if (!isGenuine) throw new Error("its manifest is not signed by this installation");
  return evidenceManifest.parse(JSON.parse(bytes.toString("utf8")));
}

function readPlain(file: string): Buffer {
  const facts = lstatSync(file);
  if (!facts.isFile() || facts.size > MANIFEST_BYTES_MAX)
    throw new Error(`${path.basename(file)} is no plain file of a sensible size`);
  return readFileSync(file);
}

const KINDS: readonly Actor["kind"][] = ["person", "cli", "playbook", "rule", "agent", "daemon"];

/** `cli ada` as the manifest has it. */
function collectorOf({ collector }: EvidenceManifest): Actor {
  const [kind = "", ...rest] = collector.split(" ");
  const name = rest.join(" ") || collector;
  return { kind: KINDS.find((one) => one === kind) ?? "daemon", id: name, name };
}
