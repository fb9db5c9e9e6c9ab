import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../kernel/index.ts";
import { compareCounters, readHostCounters } from "./host-counters.ts";
import type { HostReading } from "./host-counters.ts";
import { createProcessMeter, createPsMeter } from "./process-meter.ts";
import type { ProcessUsage } from "./process-meter.ts";
import { createReadText } from "./read-text.ts";

/** Between the two looks whose difference is the load. */
const APART_MS = 500;

export interface HostMeasure extends HostReading {
  readonly usages: readonly ProcessUsage[];
}

/**
 * What this machine and each of its processes use right now; takes half a second.
 *
 * @throws Error when the system does not say what is needed
 */
export async function measureHost(
  { clock, home }: { readonly clock: Clock; readonly home: string },
  signal: AbortSignal,
): Promise<HostMeasure> {
  const { platform } = process;
  const sources = { platform, readText: createReadText(), home };
  const meter = platform === "linux" ? createProcessMeter(sources) : createPsMeter();
  const startedMs = clock.monotonicMs();
  const before = await readHostCounters(sources);
  await meter.look(startedMs);
  await delay(APART_MS, undefined, { signal });
  const nowMs = clock.monotonicMs();
  const after = await readHostCounters(sources);
  return { ...compareCounters(before, after, nowMs - startedMs), usages: await meter.look(nowMs) };
}
