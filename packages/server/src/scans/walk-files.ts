import type { WorkerLine } from "../kernel/index.ts";
import { ask } from "./ask-worker.ts";
import type { ScanContext } from "./context.ts";
import type { FoundHit } from "./found.ts";
import { keepStep } from "./progress.ts";
import type { Walked } from "./progress.ts";
import type { FileUnit } from "./worker/messages.ts";

const LOOK_EVERY_MS = 1_000;

export interface ScanFile {
  readonly unit: FileUnit;
  /** orders the files; a scan that goes on begins behind the last one */
  readonly cursor: string;
  readonly archiveId?: string;
}

/** One file after another: what is found counts once the whole file was looked at. */
export async function walkFiles(
  ctx: Pick<ScanContext, "database" | "clock">,
  { scanId, line, files }: { readonly scanId: string; readonly line: WorkerLine; readonly files: readonly ScanFile[] },
): Promise<Walked> {
  for (const [index, file] of files.entries()) {
    const looked = await lookAt(ctx, scanId, line, file);
    if (looked === undefined) return "cancelled";
    const { hits, bytes, problem } = looked;
    const { archiveId, cursor, unit } = file;
    const isKept = await keepStep(ctx, scanId, {
      cursor,
      hits: archiveId === undefined ? hits : hits.map((hit) => ({ ...hit, archiveId })),
      examined: 1,
      bytes,
      share: (index + 1) / files.length,
      skipped: problem === null ? [] : [{ place: unit.place, reason: problem }],
    });
    if (!isKept) return "cancelled";
  }
  return "complete";
}

/** @returns undefined when it was cancelled */
async function lookAt(ctx: Pick<ScanContext, "database" | "clock">, scanId: string, line: WorkerLine, file: ScanFile) {
  let progress = await ask(line, { kind: "open", unit: file.unit });
  const merged = new Map<string, FoundHit>();
  let bytes = 0;
  let lookedMs = ctx.clock.monotonicMs();
  for (;;) {
    for (const hit of progress.hits) merge(merged, hit);
    bytes += progress.bytes;
    if (progress.isDone) return { hits: [...merged.values()], bytes, problem: progress.problem };
    if (ctx.clock.monotonicMs() - lookedMs >= LOOK_EVERY_MS) {
      if (!(await isRunning(ctx, scanId))) return undefined;
      lookedMs = ctx.clock.monotonicMs();
    }
    progress = await ask(line, { kind: "more" });
  }
}

function merge(merged: Map<string, FoundHit>, hit: FoundHit): void {
  const known = merged.get(hit.hit.id);
  if (known === undefined) {
    merged.set(hit.hit.id, hit);
    return;
  }
  known.count += hit.count;
  known.firstMs = least(known.firstMs, hit.firstMs, Math.min);
  known.lastMs = least(known.lastMs, hit.lastMs, Math.max);
}

function least(one: number | null, other: number | null, choose: (a: number, b: number) => number): number | null {
  if (one === null || other === null) return one ?? other;
  return choose(one, other);
}

async function isRunning({ database }: Pick<ScanContext, "database">, id: string): Promise<boolean> {
  const row = await database.kysely
    .selectFrom("indicator_scans")
    .select("state")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.state === "running";
}
