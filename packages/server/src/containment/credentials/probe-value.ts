import type { ProbeSettings } from "../../kernel/index.ts";
import { runSystemProgram } from "../system-program.ts";

/** What the service says of a value; `unknown` with the reason when it did not say. */
export type ProbeAnswer =
  | { readonly says: "accepted" | "refused" }
  | { readonly says: "unknown"; readonly why: string };

/** Shows a value to the service that it is for. Neither the value nor what the service prints is repeated. */
export async function probeValue(
  probe: ProbeSettings,
  value: string,
  { fetchFrom, timeoutMs }: { readonly fetchFrom: typeof globalThis.fetch; readonly timeoutMs: number },
): Promise<ProbeAnswer> {
  switch (probe.kind) {
    case "command": {
      const { code, problem } = await runSystemProgram(probe.command, { input: value, timeoutMs });
      if (code === 0) return { says: "accepted" };
      if (code === 1) return { says: "refused" };
      return { says: "unknown", why: `the probe ${problem ?? `ended with ${String(code)}, which is neither 0 nor 1`}` };
    }
    case "http":
      return askService(probe, value, fetchFrom, timeoutMs);
  }
}

async function askService(
  { url, header, prefix, accepted, refused }: Extract<ProbeSettings, { kind: "http" }>,
  value: string,
  fetchFrom: typeof globalThis.fetch,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetchFrom(url, { redirect: "error", signal, headers: { [header]: `${prefix}${value}` } });
    await response.body?.cancel();
    const { status } = response;
    if (refused.includes(status)) return { says: "refused" };
    if (accepted.includes(status)) return { says: "accepted" };
    return { says: "unknown", why: `the service answered ${status}, which says neither` };
  } catch {
    return { says: "unknown", why: `the service at ${new URL(url).host} does not answer` };
  }
}
