import path from "node:path";
import type { ScanTarget } from "@firebreak/protocol";
import type { WorkerLine } from "../kernel/index.ts";
import { ask } from "./ask-worker.ts";
import type { ScanContext } from "./context.ts";
import { keepStep } from "./progress.ts";
import type { Walked } from "./progress.ts";
import type { ScanRow } from "./scan-row.ts";
import { walkFiles } from "./walk-files.ts";

/** All files of a folder of this machine. */
export async function walkFolder(
  ctx: ScanContext,
  { row, target, line }: { row: ScanRow; target: ScanTarget & { readonly kind: "folder" }; line: WorkerLine },
): Promise<Walked> {
  const listing = await ask(line, { kind: "list", path: path.resolve(target.path) });
  if (listing.problem !== null) throw new Error(`${target.path} cannot be scanned: ${listing.problem}`);
  const { cursor } = row;
  if (cursor === null) {
    const none = { cursor: "", hits: [], examined: 0, bytes: 0, share: 0 };
    if (!(await keepStep(ctx, row.id, { ...none, skipped: listing.skipped }))) return "cancelled";
  }
  const files = listing.files
    .filter((file) => cursor === null || file > cursor)
    .map((file) => ({ unit: { place: file, name: file, file, timeMs: null }, cursor: file }));
  return walkFiles(ctx, { scanId: row.id, line, files });
}
