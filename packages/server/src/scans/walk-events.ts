import type { ScanTarget } from "@firebreak/protocol";
import type { WorkerLine } from "../kernel/index.ts";
import { findSeqBefore, readBodiesAfter } from "../telemetry/index.ts";
import { ask } from "./ask-worker.ts";
import type { ScanContext } from "./context.ts";
import type { FoundHit } from "./found.ts";
import { keepStep } from "./progress.ts";
import type { Walked } from "./progress.ts";
import type { ScanRow } from "./scan-row.ts";

const PAGE = 1_000;
const KEEP_EVERY_MS = 1_000;
const HITS_AT_ONCE = 500;
/** Numbers of events that are not committed yet may be smaller than those of others that are. */
const OVERLAP_MS = 60_000;

interface Walk {
  readonly row: ScanRow;
  readonly target: ScanTarget & { readonly kind: "events" };
  readonly line: WorkerLine;
}

/** The events that are there when it begins, page by page. */
export async function walkEvents(ctx: ScanContext, { row, target, line }: Walk): Promise<Walked> {
  const { since } = target;
  const first = since === undefined ? 0 : await findSeqBefore(ctx.database, Date.parse(since) - OVERLAP_MS);
  const last = await findSeqBefore(ctx.database, Infinity);
  let seq = row.cursor === null ? first : Number(row.cursor);
  let step = { hits: [] as FoundHit[], examined: 0, bytes: 0 };
  let keptMs = ctx.clock.monotonicMs();
  for (let isEnd = false; !isEnd;) {
    const bodies = await readBodiesAfter(ctx, seq, PAGE);
    const inTime = bodies.filter((body) => Number(body.seq) <= last);
    const page = await ask(line, { kind: "events", bodies: inTime });
    seq = Number(inTime.at(-1)?.seq ?? last);
    step.hits.push(...page.hits);
    step.examined += inTime.length;
    step.bytes += page.bytes;
    isEnd = page.isPast || inTime.length < PAGE;
    const isDue = ctx.clock.monotonicMs() - keptMs >= KEEP_EVERY_MS || step.hits.length >= HITS_AT_ONCE;
    if (!isEnd && !isDue) continue;
    const share = isEnd ? 1 : (seq - first) / Math.max(1, last - first);
    if (!(await keepStep(ctx, row.id, { ...step, cursor: String(seq), share, skipped: [] }))) return "cancelled";
    step = { hits: [], examined: 0, bytes: 0 };
    keptMs = ctx.clock.monotonicMs();
  }
  return "complete";
}
