import type { EvidenceItemName } from "../../kernel/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { ArchiveWriter } from "../archive-writer.ts";
import type { Collector, Scene } from "./collector.ts";
import { ItemSink } from "./item-sink.ts";

/** How far a collection has come. */
export interface CollectProgress {
  readonly done: number;
  readonly total: number;
  readonly current: EvidenceItemName | null;
}

/** What became of one collector, for the archive's own account of itself. */
export interface CollectorRun {
  readonly name: EvidenceItemName;
  readonly outcome: "ended" | "failed" | "timed_out" | "not_begun";
  readonly elapsedMs: number;
  readonly items: number;
  readonly problem: string | null;
}

export interface RunOptions {
  readonly writer: ArchiveWriter;
  readonly scene: Scene;
  /** the time for all of it; what is under way then ends, what comes after is not begun */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** counts what was kept, also of what is still coming in */
  readonly meter: { bytes: number };
  readonly onProgress: (progress: CollectProgress) => void;
  readonly onRun?: (run: CollectorRun) => void;
}

const MIB = 1024 * 1024;
/** After its signal a collector has this long to put down what it had. */
const GRACE_MS = 250;
const OUT_OF_TIME = "the time for collecting ran out";

/** @returns the collectors that the scene asks for, in their order */
export function chooseCollectors(collectors: readonly Collector[], scene: Scene): readonly Collector[] {
  const { limits, level, subject, memory } = scene;
  return collectors.filter(({ name, seconds, needs }) => {
    if (needs.includes("agent") && subject.agentIds.length === 0) return false;
    // asked for by name of the request, at whatever level
    if (needs.includes("memory")) return memory;
    return limits.items === undefined ? seconds[level] !== undefined : limits.items.includes(name);
  });
}

/** Runs each in its own time; what one cannot get, or does not end in time, is named and does not stop the others. */
export async function runCollectors(
  collectors: readonly Collector[],
  options: RunOptions,
): Promise<readonly CollectorRun[]> {
  const runs: CollectorRun[] = [];
  for (const [done, collector] of collectors.entries()) {
    options.onProgress({ done, total: collectors.length, current: collector.name });
    const run = await runOne(collector, options);
    runs.push(run);
    options.onRun?.(run);
  }
  options.onProgress({ done: collectors.length, total: collectors.length, current: null });
  return runs;
}

async function runOne(collector: Collector, options: RunOptions): Promise<CollectorRun> {
  const { writer, scene, signal, now } = options;
  const { name } = collector;
  const [before, startedAt] = [writer.items.length, now()];
  const end = (outcome: CollectorRun["outcome"], problem: string | null): CollectorRun => {
    if (problem !== null) writer.addFailure({ name, description: collector.description }, problem);
    return { name, outcome, elapsedMs: Math.round(now() - startedAt), items: writer.items.length - before, problem };
  };
  if (signal.aborted) return end("not_begun", OUT_OF_TIME);
  const missing = missingNeed(collector, scene);
  if (missing !== null) return end("failed", missing);
  const seconds = secondsOf(collector, scene);
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), seconds * 1000);
  const box = AbortSignal.any([signal, own.signal]);
  const sink = new ItemSink(writer, collector, sinkLimits(scene), { signal: box, meter: options.meter });
  const problem = await settle(collector, scene, sink, box);
  clearTimeout(timer);
  sink.close();
  if (problem === null) return end("ended", null);
  if (signal.aborted) return end("timed_out", OUT_OF_TIME);
  return own.signal.aborted ? end("timed_out", `it did not end within ${seconds} s`) : end("failed", problem);
}

function missingNeed({ needs }: Collector, { surroundings }: Scene): string | null {
  if (needs.includes("database") && surroundings.readEvents === null)
    return "no server runs, so its database is not open";
  if (needs.includes("containers") && surroundings.containers === null) return "no container engine is set";
  return null;
}

/** A level that the profile made to hold it lets it take as long as the longest. */
function secondsOf({ seconds }: Collector, { level }: Scene): number {
  return seconds[level] ?? Math.max(...Object.values(seconds));
}

function sinkLimits({ limits, settings }: Scene) {
  const { fileMb, itemMb } = limits;
  return { fileBytes: fileMb * MIB, itemBytes: itemMb * MIB, keepFreeBytes: settings.keepFreeMb * MIB };
}

/** @returns null when it ended in time, else what went wrong */
async function settle(collector: Collector, scene: Scene, sink: ItemSink, box: AbortSignal): Promise<string | null> {
  const work = (async () => {
    try {
      await collector.collect(scene, sink, box);
      return null;
    } catch (fault) {
      return messageOf(fault);
    }
  })();
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const late = new Promise<string>((resolve) => {
    onAbort = () => (timer = setTimeout(() => resolve(OUT_OF_TIME), GRACE_MS));
    box.addEventListener("abort", onAbort, { once: true });
  });
  const problem = await Promise.race([work, late]);
  box.removeEventListener("abort", onAbort);
  clearTimeout(timer);
  return problem;
}
