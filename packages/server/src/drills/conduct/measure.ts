import type { DrillSpan, IncidentDetail, RunView } from "@firebreak/protocol";

/** What a drill measures with. Times are milliseconds since 1970; null: it did not come to that. */
export interface Moments {
  readonly faultAtMs: number;
  readonly detectWithinMs: number;
  readonly incident: Pick<IncidentDetail, "detectedAt" | "containedAt" | "clocks"> | null;
  readonly run: Pick<RunView, "steps" | "startedAt" | "endedAt"> | null;
  /** by phase, what the playbook gives it */
  readonly phaseTimeBoxesMs: ReadonlyMap<string, number>;
}

/** @returns how long each part took, from the fault on, against what was promised for it */
export function measureSpans({ faultAtMs, detectWithinMs, incident, run, phaseTimeBoxesMs }: Moments): DrillSpan[] {
  const sinceFault = (at: string | null | undefined) =>
    at === null || at === undefined ? null : Date.parse(at) - faultAtMs;
  const detectedMs = sinceFault(incident?.detectedAt);
  const clock = (kind: string) => {
    const found = incident?.clocks.find((one) => one.kind === kind);
    // clocks run from the detection; what is promised is promised from there
    return found === undefined || incident === null ? null : Date.parse(found.dueAt) - Date.parse(incident.detectedAt);
  };
  const spans = [
    span("detected", detectedMs, detectWithinMs),
    // what no stop contains is contained when that phase is over
    span("contained", sinceFault(incident?.containedAt ?? endOfPhase(run, "contain")), clock("contain")),
    ...phasesOf(run).map(([phase, ms]) => span(`phase ${phase}`, ms, phaseTimeBoxesMs.get(phase) ?? null)),
    span("ended", sinceFault(run?.endedAt), clock("resolve")),
  ];
  // without a target and without a time there is nothing to tell
  return spans.filter(({ ms, targetMs }) => ms !== null || targetMs !== null);
}

function span(name: string, ms: number | null, targetMs: number | null): DrillSpan {
  const measured = ms === null ? null : Math.max(0, Math.round(ms));
  return { name, ms: measured, targetMs, met: targetMs === null ? null : measured !== null && measured <= targetMs };
}

function endOfPhase(run: Moments["run"], phase: string): string | null {
  const steps = (run?.steps ?? []).filter((step) => step.phase === phase);
  if (steps.length === 0 || steps.some(({ state }) => UNSETTLED.includes(state))) return null;
  return (
    steps
      .flatMap(({ endedAt }) => endedAt ?? [])
      .toSorted()
      .at(-1) ?? null
  );
}

const UNSETTLED: readonly string[] = ["pending", "running", "waiting"];

/** From the begin of a phase's first step to the end of its last; a phase that has not ended has no time. */
function phasesOf(run: Moments["run"]): [string, number | null][] {
  if (run === null) return [];
  const names = [...new Set(run.steps.map(({ phase }) => phase))];
  return names.map((name): [string, number | null] => {
    const steps = run.steps.filter(({ phase, startedAt }) => phase === name && startedAt !== null);
    const starts = steps.flatMap(({ startedAt }) => (startedAt === null ? [] : Date.parse(startedAt)));
    const ends = steps.flatMap(({ endedAt }) => (endedAt === null ? [] : Date.parse(endedAt)));
    if (starts.length === 0 || ends.length < starts.length) return [name, null];
    return [name, Math.max(...ends) - Math.min(...starts)];
  });
}
