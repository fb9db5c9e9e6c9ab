/** Who may do what to a run and its steps, and why not: one table for buttons, menus and the palette. */
import { type Role, ROLES, roleAllows, type RunView, type StepView } from "@firebreak/protocol";
import { sayRefusal } from "../../hooks/use-commands.ts";
import { hasEnded } from "./words.ts";

type RunActName = "pause" | "resume" | "hand-over" | "abort" | "undo";
type StepActName = "skip" | "retry" | "ask";

export interface RunAct {
  readonly name: RunActName | StepActName;
  /** null: the whole run */
  readonly step: StepView | null;
  readonly label: string;
  readonly refusal: string | null;
}

function refusalOf(needed: Role, access: string): string | null {
  const held = ROLES.find((role) => role === access);
  return held !== undefined && roleAllows(held, needed) ? null : sayRefusal(needed, access);
}

const ENDED = "The run has ended.";

export function runActs(run: RunView, access: string): readonly RunAct[] {
  const ended = hasEnded(run) ? ENDED : null;
  const responder = refusalOf("responder", access);
  const commander = refusalOf("commander", access);
  const act = (name: RunActName, label: string, refusal: string | null): RunAct => ({
    name,
    step: null,
    label,
    refusal,
  });
  return [
    run.paused === null ? act("pause", "Pause…", ended ?? responder) : act("resume", "Resume…", ended ?? responder),
    act("hand-over", "Hand over…", ended ?? responder),
    hasEnded(run)
      ? act("undo", "Undo…", commander ?? (run.observes ? "It only observed: there is nothing to undo." : null))
      : act("abort", "Abort and undo…", commander),
  ];
}

const FAILURES: readonly StepView["state"][] = ["failed", "denied", "timed_out", "unverified"];

/** @param isRequired whether the playbook needs the step */
export function stepActs(run: RunView, step: StepView, isRequired: boolean, access: string): readonly RunAct[] {
  const isFailure = FAILURES.includes(step.state);
  const isOpen = step.state === "pending" || step.state === "waiting" || step.state === "interrupted";
  const ended = hasEnded(run) && run.state !== "failed";
  const needed = refusalOf(isRequired ? "commander" : "responder", access);
  const retry = refusalOf("responder", access);
  const act = (name: StepActName, label: string, refusal: string | null): RunAct => ({ name, step, label, refusal });
  const acts: RunAct[] = [];
  if (isFailure || step.state === "interrupted") acts.push(act("retry", "Do it again…", ended ? ENDED : retry));
  if (isFailure || isOpen)
    acts.push(act("skip", "Skip it…", hasEnded(run) && !(run.state === "failed" && isFailure) ? ENDED : needed));
  if (step.state === "waiting") acts.push(act("ask", "Ask somebody else…", retry));
  return acts;
}
