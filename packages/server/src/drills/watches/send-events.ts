import { z } from "zod";
import type { SandboxApi } from "../sandbox/api.ts";

export interface Observation {
  readonly kind: string;
  readonly outcome?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reports what was really observed as telemetry, as a monitor of the team would. */
export async function sendEvents(api: SandboxApi, observations: readonly Observation[]): Promise<void> {
  if (observations.length === 0) return;
  const about = { agent: { id: "monitor" }, source: "drill-monitor" };
  const events = observations.map((observation) => ({ ...about, ...observation }));
  await api.post(z.unknown(), "/events", events);
}
