import type { RunView, StepView } from "@firebreak/protocol";
import { RUN_WORDS, sayName, STEP_WORDS, type Tone, type Word } from "../../words.ts";

/** Why a step was left out without that being an exception. */
const PLANNED_SKIPS: readonly (string | null)[] = ["condition_false", "not_chosen"];
const MACHINE_WAITS: readonly (string | null)[] = ["waiting_for_time", "waiting_for_condition"];

const NOT_NEEDED = {
  label: "Not needed",
  tone: "neutral",
  meaning: "The playbook itself says that it is not for this case.",
} as const satisfies Word;
const WAITS = {
  label: "Waiting",
  tone: "info",
  meaning: "It waits for a time or a condition; nobody has to act.",
} as const;
const WAITS_FOR_SIGNAL = {
  label: "Waiting for a signal",
  tone: "warn",
  meaning: "It goes on when a person or another system sends the signal.",
} as const satisfies Word;

export function stepWord(step: Pick<StepView, "state" | "reason">): Word {
  if (step.state === "skipped" && PLANNED_SKIPS.includes(step.reason)) return NOT_NEEDED;
  if (step.state === "waiting" && MACHINE_WAITS.includes(step.reason)) return WAITS;
  if (step.state === "waiting" && step.reason === "waiting_for_signal") return WAITS_FOR_SIGNAL;
  return STEP_WORDS[step.state];
}

/** @returns whether somebody has to do something before it goes on */
export function asksPerson(step: Pick<StepView, "state" | "reason">): boolean {
  return step.state === "interrupted" || (step.state === "waiting" && !MACHINE_WAITS.includes(step.reason));
}

export function runWord(run: Pick<RunView, "state" | "reason">): Word {
  return run.state === "waiting" && run.reason === "wait" ? WAITS : RUN_WORDS[run.state];
}

export function hasEnded({ state }: Pick<RunView, "state">): boolean {
  return state !== "pending" && state !== "running" && state !== "waiting";
}

interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

const titlesOf = (steps: readonly StepView[]) => steps.map(({ title }) => `“${title}”`).join(", ");

/** Steps that did not do what they say, and whose playbook did not mean them to be left out. */
function exceptionsOf(run: RunView): readonly StepView[] {
  return run.steps.filter(
    ({ state, reason }) =>
      state !== "succeeded" && state !== "undone" && !(state === "skipped" && PLANNED_SKIPS.includes(reason)),
  );
}

const because = ({ reason }: RunView) => (reason === null ? "" : `${sayName(reason)}. `);

const OBSERVED: Verdict = {
  tone: "neutral",
  title: "Only observed: nothing was done",
  text: "Each step says what it would have done. Start the playbook without observing to do it.",
};

/** How the run stands, in words that cannot be taken for something else. */
export function verdictOf(run: RunView): Verdict {
  if (run.observes && hasEnded(run)) return OBSERVED;
  switch (run.state) {
    case "observed":
      return OBSERVED;
    case "completed":
      return { tone: "ok", title: "Completed", text: "Every step that was needed succeeded, and every check held." };
    case "completed_with_exceptions":
      return {
        tone: "warn",
        title: "Reached its end, with exceptions: not everything was done",
        text: `${because(run)}${titlesOf(exceptionsOf(run))}`,
      };
    case "failed":
      return {
        tone: "danger",
        title: "Failed: its goal was not reached",
        text: `${because(run)}${titlesOf(exceptionsOf(run).filter(({ state }) => state !== "skipped" && state !== "pending"))}`,
      };
    case "aborted":
      return {
        tone: "danger",
        title:
          run.reason === "undo_incomplete"
            ? "Aborted, and NOT everything was undone"
            : run.reason === "undone_by_person"
              ? "Undone by a person after it had ended"
              : "Aborted by a person",
        text: `${because(run)}Steps that say so were undone, last first; the others stay in effect.`,
      };
    case "pending":
    case "running":
    case "waiting":
      return openVerdict(run);
    default:
      return run.state satisfies never;
  }
}

function openVerdict(run: RunView): Verdict {
  const asked = run.steps.filter(asksPerson);
  const active = run.steps.filter(({ state }) => state === "running" || state === "waiting");
  if (run.paused !== null)
    return {
      tone: "warn",
      title: `Paused by ${run.paused.by.name}`,
      text: `${run.paused.reason} — nothing begins until somebody resumes it.`,
    };
  if (run.lockedBy !== null)
    return {
      tone: "warn",
      title: "Waits for another run",
      text: `The run ${run.lockedBy} acts on the same target; this one begins when that has ended.`,
    };
  if (asked.length > 0) return { tone: "warn", title: "Waits for people", text: titlesOf(asked) };
  if (run.state === "pending") return { tone: "neutral", title: "Has not begun yet", text: "It begins by itself." };
  return { tone: "info", title: "Runs", text: active.length === 0 ? "Between two steps." : titlesOf(active) };
}
