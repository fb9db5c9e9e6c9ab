import path from "node:path";
import { Readable } from "node:stream";
import { createNewId, systemClock } from "../kernel/index.ts";
import type { SigningKey } from "../kernel/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { appendCustody } from "./custody.ts";
import { MANIFEST_FORMAT } from "./manifest.ts";
import { readSummary } from "./read-summary.ts";
import { recordArchive } from "./record-archive.ts";
import type { RecordContext } from "./record-archive.ts";
import { openEvidenceKey } from "./signing-key.ts";

export interface SampleArchive {
  readonly id: string;
  readonly directory: string;
  readonly keyId: string;
  readonly manifestSha256: string;
}

const NEVER = new AbortController().signal;

/** A sealed archive below `<home>/evidence` with items of several kinds, as a collection leaves it. */
export async function writeSampleArchive(home: string, files: Readonly<Record<string, string | Buffer>> = {}) {
  const id = createNewId(() => Date.parse("2026-03-01T03:00:00Z"))("evidence");
  const directory = path.join(home, "evidence", id);
  const writer = new ArchiveWriter(directory, systemClock);
  const facts = (name: string) => ({ name, description: `sample ${name}`, metadata: { why: "a <b>sample</b>" } });
  writer.addBytes(facts("process-tree.json"), Buffer.from('{"processes":[{"pid":7}]}'));
  for (const [name, content] of Object.entries(files)) {
    await writer.addStream(facts(name), Readable.from([content]), { bytesMax: 2 ** 40, signal: NEVER });
  }
  await writer.addStream(facts("output.log"), Readable.from(["line one\nline two\n"]), { bytesMax: 12, signal: NEVER });
  writer.addFailure({ name: "memory.core", description: "the agent's memory" }, "gcore is not installed");
  return seal(writer, id, openEvidenceKey(home));
}

/** A sample archive that is on record and sealed (without the flag), as the daemons leave it. */
export async function recordSampleArchive(
  ctx: RecordContext,
  home: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<SampleArchive> {
  const archive = await writeSampleArchive(home, files);
  const facts = { incidentId: null, agentId: "scout", sessionId: null, reason: "rogue agent" };
  await recordArchive(ctx, facts, readSummary(archive.id, archive.directory));
  await ctx.database.kysely
    .updateTable("evidence_archives")
    .set({ seal: "a test" })
    .where("id", "=", archive.id)
    .execute();
  return archive;
}

function seal(writer: ArchiveWriter, id: string, key: SigningKey): SampleArchive {
  const manifest = {
    format: MANIFEST_FORMAT,
    archive_id: id,
    incident_id: "INC-2026-0001",
    agent_id: "scout",
    session_id: null,
    reason: "rogue agent",
    collector: "user ada",
    hostname: "host-1",
    platform: "linux 6.1 x64",
    collection_started: "2026-03-01T03:00:00.000Z",
    collection_completed: "2026-03-01T03:00:09.000Z",
    total_evidence_items: writer.items.length,
    evidence_items: writer.items,
  } as const;
  const manifestSha256 = writer.seal(manifest, key);
  const entry = {
    at: "2026-03-01T03:00:09.000Z",
    actor: "user ada",
    reason: "rogue agent",
    manifest_sha256: manifestSha256,
  };
  appendCustody(writer.directory, { ...entry, act: "collected" });
  return { id, directory: writer.directory, keyId: key.keyId, manifestSha256 };
}
