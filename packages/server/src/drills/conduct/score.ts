import type {
  DrillCheck,
  DrillResult,
  DrillSpan,
  DrillStep,
  IncidentDetail,
  NotExercised,
  RunView,
  StepView,
} from "@firebreak/protocol";
import type { DrillDocument } from "../format.ts";
import { plainStepId } from "./step-id.ts";
import { NOT_EXERCISED } from "../sandbox/confine-effector.ts";

type SeenStep = Pick<StepView, "id" | "phase" | "title" | "state" | "reason" | "message" | "startedAt" | "endedAt">;

/** Everything that was seen of a drill. */
export interface Seen {
  readonly expect: DrillDocument["expect"];
  readonly incident: Pick<IncidentDetail, "severity" | "state"> | null;
  readonly run: (Pick<RunView, "state" | "reason"> & { readonly steps: readonly SeenStep[] }) | null;
  readonly spans: readonly DrillSpan[];
  readonly checks: readonly DrillCheck[];
  /** what went wrong on the way: not detected, not answered, not in time */
  readonly troubles: readonly string[];
}

export interface Score {
  readonly result: DrillResult;
  readonly findings: readonly string[];
  readonly steps: readonly DrillStep[];
  readonly notExercised: readonly NotExercised[];
}

/** Says what held. Nothing that was not seen counts as held. */
export function scoreDrill(seen: Seen, effectorOf: (stepId: string) => string): Score {
  const { expect, run, incident } = seen;
  const views = run?.steps ?? [];
  const notExercised = views.flatMap((step) => toNotExercised(step, effectorOf));
  const cutOff = new Set(notExercised.length > 0 ? views.filter(isUnreached).map(({ id }) => id) : []);
  const steps = views.map((step) => toStep(step, expect, isRefused(step) || cutOff.has(step.id)));
  const unexpected = steps.filter((step) => !step.expected);
  const findings = [
    ...seen.troubles,
    ...(run === null
      ? ["no playbook ran"]
      : runFindings(run, expect, notExercised.length > 0 && unexpected.length === 0)),
    ...unexpected.map(
      ({ id, state, message }) => `the step ${id} is ${state}${message === null ? "" : `: ${message}`}`,
    ),
    ...incidentFindings(incident, expect),
    ...seen.spans.filter(({ met }) => met === false).map(spanFinding),
    ...seen.checks.filter(({ held }) => !held).map(({ title, found }) => `${title}: ${found}`),
    ...Object.keys(expect.steps)
      .filter((id) => !views.some((step) => step.id === id || plainStepId(step.id) === id))
      .map((id) => `the run has no step ${id}, which the drill expects something of`),
  ];
  const held = findings.length === 0;
  const inPart = notExercised.length > 0;
  return {
    result: held ? (inPart ? "passed_in_part" : "passed") : "failed",
    findings: findings.map((finding) => finding.slice(0, 2000)).slice(0, 200),
    steps,
    notExercised: [
      ...notExercised,
      ...[...cutOff].map((step) => ({
        step,
        effector: effectorOf(plainStepId(step)),
        why: "a step before it was not exercised",
      })),
    ],
  };
}

function isRefused({ message }: SeenStep): boolean {
  return message?.includes(NOT_EXERCISED) === true;
}

function isUnreached({ state, reason, startedAt }: SeenStep): boolean {
  return startedAt === null && (state === "pending" || (state === "skipped" && !isPlannedSkip(state, reason)));
}

/** The playbook itself says that the step is not for this run. */
function isPlannedSkip(state: string, reason: string | null): boolean {
  return state === "skipped" && (reason === "condition_false" || reason === "not_chosen");
}

function toNotExercised(step: SeenStep, effectorOf: (stepId: string) => string): NotExercised[] {
  if (!isRefused(step)) return [];
  const why = (step.message ?? "").split(NOT_EXERCISED)[1] ?? "";
  return [{ step: step.id, effector: effectorOf(plainStepId(step.id)), why: why.slice(0, 2000) }];
}

function toStep(step: SeenStep, expect: DrillDocument["expect"], excused: boolean): DrillStep {
  const { id, phase, title, state, reason, message, startedAt, endedAt } = step;
  const ms = startedAt === null || endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  const wanted = expect.steps[id] ?? expect.steps[plainStepId(id)];
  const expected =
    excused || (wanted === undefined ? state === "succeeded" || isPlannedSkip(state, reason) : state === wanted);
  return { id, phase, title, state, reason, message: message?.slice(0, 2000) ?? null, ms, expected };
}

/** @param excused what was not exercised is all that is missing, and a run with a hole in it does not end completed */
function runFindings(
  { state, reason }: Pick<RunView, "state" | "reason">,
  expect: DrillDocument["expect"],
  excused: boolean,
): string[] {
  if (state === expect.run) return [];
  if (excused && (state === "completed_with_exceptions" || state === "failed")) return [];
  return [`the run is ${state}${reason === null ? "" : ` (${reason})`}, and ${expect.run} was expected`];
}

function incidentFindings(incident: Seen["incident"], expect: DrillDocument["expect"]): string[] {
  if (incident === null) return ["no incident was opened"];
  const { severity, state } = incident;
  return [
    ...(expect.severity === undefined || expect.severity === severity
      ? []
      : [`the incident's severity is ${severity}, and ${expect.severity} was expected`]),
    ...(expect.incident === undefined || expect.incident === state
      ? []
      : [`the incident is ${state}, and ${expect.incident} was expected`]),
  ];
}

function spanFinding({ name, ms, targetMs }: DrillSpan): string {
  const target = `${(targetMs ?? 0) / 1000} s`;
  return ms === null ? `${name}: never, within ${target} was promised` : `${name}: ${ms / 1000} s, over ${target}`;
}
