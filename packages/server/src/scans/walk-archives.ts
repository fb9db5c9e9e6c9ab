import type { EvidenceView, ScanTarget } from "@firebreak/protocol";
import type { ArchiveItem } from "@firebreak/verifier";
import { blobFile, getEvidence, listEvidence, readManifest, recordCustody } from "../evidence/index.ts";
import { messageOf } from "../kernel/index.ts";
import type { WorkerLine } from "../kernel/index.ts";
import type { ScanContext } from "./context.ts";
import { byBytes } from "./list-files.ts";
import { keepStep } from "./progress.ts";
import type { Walked } from "./progress.ts";
import type { ScanRow } from "./scan-row.ts";
import { walkFiles } from "./walk-files.ts";
import type { ScanFile } from "./walk-files.ts";

const INDEX_DIGITS = 8;

/** Every item of archives of this home. That they were read is an act of their custody, recorded before. */
export async function walkArchives(
  ctx: ScanContext,
  { row, target, line }: { row: ScanRow; target: ScanTarget & { readonly kind: "evidence" }; line: WorkerLine },
): Promise<Walked> {
  const archives = await findArchives(ctx, target);
  const files: ScanFile[] = [];
  for (const archive of archives.toSorted((one, other) => byBytes(one.id, other.id))) {
    const problem = await addItems(ctx, { scan: row, archive, files });
    if (problem === null || row.cursor !== null) continue;
    const none = { cursor: "", hits: [], examined: 0, bytes: 0, share: 0 };
    if (!(await keepStep(ctx, row.id, { ...none, skipped: [{ place: archive.id, reason: problem }] })))
      return "cancelled";
  }
  const { cursor } = row;
  return walkFiles(ctx, {
    scanId: row.id,
    line,
    files: files.filter((file) => cursor === null || file.cursor > cursor),
  });
}

/** @throws FirebreakError not_found */
async function findArchives(ctx: ScanContext, { archives }: ScanTarget & { readonly kind: "evidence" }) {
  if (archives === undefined) return listEvidence(ctx, {});
  const found: EvidenceView[] = [];
  for (const id of new Set(archives)) found.push(await getEvidence(ctx, id));
  return found;
}

interface Adding {
  readonly scan: ScanRow;
  readonly archive: EvidenceView;
  readonly files: ScanFile[];
}

/** @returns why the archive cannot be looked at */
async function addItems(ctx: ScanContext, { scan, archive, files }: Adding): Promise<string | null> {
  let items: readonly ArchiveItem[];
  try {
    ({ items } = await readManifest(archive.directory));
  } catch (fault) {
    return messageOf(fault);
  }
  try {
    const act = { act: "read", reason: `looked through for indicators (${scan.id})`, from: null } as const;
    const actor = { ...ctx, actor: scan.requested_by };
    await recordCustody(actor, archive, act, { quietMs: scan.cursor === null ? 0 : Infinity });
  } catch (fault) {
    return `its custody cannot be recorded: ${messageOf(fault)}`;
  }
  for (const [index, { name, sha256 }] of items.entries()) {
    if (sha256 === null) continue;
    const { agentId, sessionId, directory, id, collectedAt } = archive;
    const unit = {
      place: `${name} of evidence ${id}`,
      name,
      file: blobFile(directory, sha256),
      timeMs: Date.parse(collectedAt),
      archive: { agentId, sessionId },
    };
    files.push({ unit, cursor: `${id}/${String(index).padStart(INDEX_DIGITS, "0")}`, archiveId: id });
  }
  return null;
}
