import { z } from "zod";
import type { SandboxApi } from "../sandbox/api.ts";

export interface Observation {
  readonly kind: string;
  readonly outcome?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reports what was really observed as telemetry, as a monitor of the team would. */
export async function sendEvents(api: SandboxApi, observations: readonly Observation[]): Promise<void> {
  for (const observation of observations) {
    await api.post(z.unknown(), "/events", { agent: { id: "monitor" }, source: "drill-monitor", ...observation });
  }
}
