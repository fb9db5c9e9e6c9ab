import { conclude } from "./conclude.ts";
import type { Conclusion } from "./conclude.ts";
import type { StepFacts } from "./facts.ts";
import type { AfterFailure } from "./format.ts";
import { isFailure } from "./reasons.ts";
import type { FailureState, RunReason } from "./reasons.ts";

export type Move =
  | { readonly kind: "begin"; readonly stepId: string }
  /** it was running when its executor died */
  | { readonly kind: "recover"; readonly stepId: string }
  /** what it waits for may have come */
  | { readonly kind: "look"; readonly stepId: string }
  /** everything within it has ended */
  | { readonly kind: "settle"; readonly stepId: string }
  /** its time box has run out */
  | { readonly kind: "expire"; readonly stepId: string };

export interface Decision {
  /** what can be done now, at once */
  readonly moves: readonly Move[];
  /** why the run waits, when there is nothing to do and nothing is being done */
  readonly waits: RunReason | null;
  /** when there will be something to do, milliseconds since 1970 */
  readonly wakeAt: number | null;
  /** how the run ends, when nothing is left */
  readonly conclusion: Conclusion | null;
}

/** How far a list of steps has come. */
type Progress = "open" | "done" | "stopped";

interface Notes {
  readonly now: number;
  readonly moves: Move[];
  readonly waits: RunReason[];
  readonly wakes: number[];
}

/**
 * What is to be done in a run that nobody aborts, from its journal alone: a crash changes nothing in what follows.
 */
export function nextMoves(steps: readonly StepFacts[], now: number): Decision {
  const notes: Notes = { now, moves: [], waits: [], wakes: [] };
  const progress = walkList(steps, notes);
  return {
    moves: notes.moves,
    waits: notes.waits[0] ?? null,
    wakeAt: notes.wakes.length === 0 ? null : Math.min(...notes.wakes),
    conclusion: progress === "open" ? null : conclude(steps),
  };
}

function walkList(steps: readonly StepFacts[], notes: Notes): Progress {
  for (const step of steps) {
    const progress = walkStep(step, notes);
    if (progress !== "done") return progress;
  }
  return "done";
}

function walkStep(step: StepFacts, notes: Notes): Progress {
  if (step.busy) return "open";
  const { state, id: stepId } = step;
  switch (state) {
    case "pending":
      notes.moves.push({ kind: "begin", stepId });
      return "open";
    case "running":
      if (isContainer(step)) walkContainer(step, notes);
      else notes.moves.push({ kind: "recover", stepId });
      return "open";
    case "waiting":
      walkWaiting(step, notes);
      return "open";
    case "interrupted":
      notes.waits.push("interrupted_step");
      return "open";
    case "failed":
    case "denied":
    case "timed_out":
    case "unverified":
      return policyOf(step, state) === "stop" ? "stopped" : "done";
    case "succeeded":
    case "skipped":
    case "undone":
      return "done";
    default:
      return state satisfies never;
  }
}

const CONTAINERS: readonly string[] = ["approval", "decision", "parallel", "for-each", "sub-playbook"];

/** @returns whether steps may stand within it; such a step runs as long as they do */
export function isContainer({ type }: { readonly type: string }): boolean {
  return CONTAINERS.includes(type);
}

export function policyOf(step: Pick<StepFacts, "onFailure" | "onTimeout">, state: FailureState): AfterFailure {
  return state === "timed_out" ? step.onTimeout : step.onFailure;
}

const WAIT_REASONS: Readonly<Partial<Record<StepFacts["type"], RunReason>>> = {
  manual: "manual_step",
  decision: "decision",
  approval: "approval",
  wait: "wait",
  action: "approval",
};

function walkWaiting(step: StepFacts, notes: Notes): void {
  const { id: stepId, dueAt, lookAt } = step;
  // what came in time counts, also when it is seen late
  if (lookAt !== null && lookAt <= notes.now) notes.moves.push({ kind: "look", stepId });
  else if (dueAt !== null && dueAt <= notes.now) notes.moves.push({ kind: "expire", stepId });
  else {
    notes.waits.push(WAIT_REASONS[step.type] ?? "manual_step");
    notes.wakes.push(...[dueAt, lookAt].filter((time) => time !== null));
  }
}

function walkContainer(step: StepFacts, notes: Notes): void {
  if (step.dueAt !== null && step.dueAt <= notes.now) {
    closeContainer(step, notes);
    return;
  }
  if (step.dueAt !== null) notes.wakes.push(step.dueAt);
  if (walkLists(step, notes)) notes.moves.push({ kind: "settle", stepId: step.id });
}

/**
 * Walks as many lists as may be under way. A list that stopped keeps lists from beginning that have not; in a parallel
 * step all have begun together.
 *
 * @returns true when nothing within is open any more
 */
function walkLists({ lists, type, atOnce }: StepFacts, notes: Notes): boolean {
  let open = 0;
  let stopped = false;
  for (const list of lists) {
    if (open >= atOnce) return false;
    if (stopped && type === "for-each" && list.every((step) => step.state === "pending" && !step.busy)) continue;
    const progress = walkList(list, notes);
    if (progress === "open") open += 1;
    if (progress === "stopped") stopped = true;
  }
  return open === 0;
}

/** Its time is over: what acts within it is let end, or recovered, and then it is timed out with all that is open. */
function closeContainer(step: StepFacts, notes: Notes): void {
  const within = step.lists.flat().flatMap(flatten);
  if (within.some((one) => one.busy)) return;
  const left = within.filter((one) => one.state === "running" && !isContainer(one));
  const moves = left.map(({ id }) => ({ kind: "recover" as const, stepId: id }));
  notes.moves.push(...(moves.length > 0 ? moves : [{ kind: "expire" as const, stepId: step.id }]));
}

function flatten(step: StepFacts): StepFacts[] {
  return [step, ...step.lists.flat().flatMap(flatten)];
}

/** @returns whether a list within the step was stopped by a failure, so that the step has failed */
export function wasStopped(step: StepFacts): boolean {
  return step.lists.some((list) => list.some((one) => isFailure(one.state) && policyOf(one, one.state) === "stop"));
}
