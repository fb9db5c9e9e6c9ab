import type { RunView, StepView } from "@firebreak/protocol";
import type { Effector } from "../../../containment/index.ts";
import type { LoadedPlaybook, previewRun } from "../../../playbooks/index.ts";
import type { ShippedProfile } from "../../testing.ts";
import type { ActLine } from "./acts-file.ts";
import type { DayName } from "./days.ts";

/** One playbook, how the world is meanwhile, and what becomes of its run. */
export interface Assignment {
  readonly profile: ShippedProfile;
  readonly playbook: LoadedPlaybook;
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
  readonly effectors: ReadonlyMap<string, Effector>;
  readonly day: DayName;
  readonly repeatsNothing: boolean;
  /** persons say no to what they are asked to approve */
  readonly denies: boolean;
  /** after its end the whole run, or one phase; or it is aborted somewhere in the middle */
  readonly takesBack: "all" | "phase" | "abort";
}

type Outlook = Awaited<ReturnType<typeof previewRun>>;

/** A run that is killed again and again. */
export interface Trial {
  readonly assignment: Assignment;
  readonly runId: string;
  /** what was said before it began */
  readonly outlook: Outlook;
  stage: "running" | "undoing" | "over";
  /** a process is at it, as far as is known */
  isExecuting: boolean;
  isAborted: boolean;
  /** the phase that is taken back, or null */
  phase: string | null;
  /** where it was when its process was killed */
  readonly places: string[];
  /** the interrupted steps of which a person was asked whether they took effect */
  readonly asked: string[];
  /** by what was done to which step: how often that had happened when the journal had it as over */
  readonly settled: Map<string, number>;
  /** as it ended first, and after it was taken back */
  ended: RunView | null;
  takenBack: RunView | null;
  /** what was seen on the way that must not be */
  readonly faults: string[];
}

/** @returns how often something was begun with a step, so far */
export function begunTimes(lines: readonly ActLine[], runId: string, verb: string, stepId: string): number {
  return lines.filter(
    (line) => line.moment === "begin" && line.runId === runId && line.verb === verb && line.stepId === stepId,
  ).length;
}

/** @returns what was said of a step before the run began; of one in a for-each it was said of all items together */
export function previewOf({ outlook }: Trial, stepId: string): Outlook["steps"][number] | undefined {
  return outlook.steps.find(({ id }) => id === stepId.replaceAll(/#\d+/g, ""));
}

const OPEN: readonly string[] = ["pending", "running", "waiting", "interrupted"];

export function isOpen({ state }: StepView): boolean {
  return OPEN.includes(state);
}

/** Where the run was, by what really happened and by its journal; and what is over by now and must not happen again. */
export function noteKill(trial: Trial, run: RunView, lines: readonly ActLine[]): void {
  const own = lines.filter((line) => line.runId === trial.runId);
  const under = run.steps.filter(
    (step) =>
      step.reason === "undoing" || (step.state === "running" && (step.type === "action" || step.type === "verify")),
  );
  const last = run.steps.findLast(({ endedAt }) => endedAt !== null);
  const at = under.map(({ id }) => id).join(", ");
  trial.places.push(`${trial.stage} ${at === "" ? `after ${last?.id ?? "nothing"}` : `in ${at}`}`);
  for (const step of run.steps) {
    if (step.type !== "action" || isOpen(step)) continue;
    trial.settled.set(`apply ${step.id}`, begunTimes(own, trial.runId, "apply", step.id));
    if (step.state === "undone") trial.settled.set(`undo ${step.id}`, begunTimes(own, trial.runId, "undo", step.id));
  }
}
