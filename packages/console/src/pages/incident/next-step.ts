import { type IncidentDetail, isSettled, type StopReceipt } from "@firebreak/protocol";

/** What a person does next: where it is done, and why it is that. */
export interface NextStep {
  /** a tab of the incident, a page of its own, or the dialog that takes the incident */
  readonly way: { readonly tab: string } | { readonly run: string } | "acknowledge" | "state" | "stop";
  readonly text: string;
  readonly isUrgent: boolean;
}

type Incident = Pick<IncidentDetail, "state" | "acknowledgedAt" | "stops" | "holds" | "runs" | "deliveries">;

const NEXT_BY_STATE = {
  detected: { way: "acknowledge", text: "Acknowledge it: nobody has it" },
  triaged: { way: "stop", text: "Contain it: stop what does the harm" },
  contained: { way: "state", text: "Find and remove the cause, then mark it eradicated" },
  eradicated: { way: "state", text: "Bring service back step by step" },
  recovering: { way: "state", text: "Watch it; resolve it once service is back" },
  resolved: { way: { tab: "review" }, text: "Write the review" },
  reviewed: { way: "state", text: "Close it once the review’s actions are handed out" },
  closed: null,
  merged: null,
  false_positive: null,
} as const satisfies Record<IncidentDetail["state"], Omit<NextStep, "isUrgent"> | null>;

/** @returns the newest stop that halts anything: a deny stops no process */
export function newestStop(stops: Incident["stops"]): StopReceipt | undefined {
  const halting = stops.filter(({ hold }) => hold.level !== "deny");
  return halting.toSorted((one, other) => one.requestedAt.localeCompare(other.requestedAt)).at(-1);
}

/** @returns true when the newest stop that halts anything is not proved */
export function isStopUnproved(stops: Incident["stops"]): boolean {
  return newestStop(stops)?.verified === false;
}

/** @returns the one thing that comes first; null when nothing is left to do */
export function nextStepOf(incident: Incident): NextStep | null {
  const { state, acknowledgedAt, stops, runs, deliveries } = incident;
  if (isSettled(state)) return withoutUrgency(NEXT_BY_STATE[state]);
  if (isStopUnproved(stops)) {
    return { way: { tab: "actions" }, text: "See what still runs: a stop is not proved", isUrgent: true };
  }
  if (acknowledgedAt === null) return { ...NEXT_BY_STATE.detected, isUrgent: true };
  const waiting = runs.find((run) => run.state === "waiting");
  if (waiting !== undefined) {
    return { way: { run: waiting.id }, text: `Do what “${waiting.playbookTitle}” waits for`, isUrgent: true };
  }
  if (deliveries.some((delivery) => delivery.state === "failed")) {
    return { way: { tab: "communications" }, text: "Tell people yourself: a notification failed", isUrgent: true };
  }
  return withoutUrgency(state === "detected" ? NEXT_BY_STATE.triaged : NEXT_BY_STATE[state]);
}

const withoutUrgency = (step: Omit<NextStep, "isUrgent"> | null): NextStep | null =>
  step === null ? null : { ...step, isUrgent: false };
