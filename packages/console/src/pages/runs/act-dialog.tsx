import { useState } from "react";
import type { RunView } from "@firebreak/protocol";
import { abortRun, handOverRun, pauseRun, resumeRun, retryStep, skipStep, undoRun } from "../../api/run-commands.ts";
import { FormDialog, tooShort } from "../../components/dialogs.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { SelectField, TextArea, TextField } from "../../ui/fields.tsx";
import { sayPhase } from "../playbooks/words.ts";
import type { RunAct } from "./acts.ts";

interface ActWord {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly kind: "primary" | "danger";
  readonly done: string;
}

const WORDS = {
  pause: {
    title: "Pause the run",
    text: "What runs now may end; nothing else begins until somebody resumes it. People can still answer.",
    action: "Pause",
    kind: "primary",
    done: "Paused",
  },
  resume: {
    title: "Resume the run",
    text: "It goes on where it is.",
    action: "Resume",
    kind: "primary",
    done: "Resumed",
  },
  "hand-over": {
    title: "Hand the run over",
    text: "Another person becomes answerable for it; both stand on record.",
    action: "Hand over",
    kind: "primary",
    done: "Handed over",
  },
  abort: {
    title: "Abort the run",
    text: "Nothing more begins. Steps that can be undone are undone, last first; the others stay in effect.",
    action: "Abort and undo",
    kind: "danger",
    done: "Aborting",
  },
  undo: {
    title: "Undo the run",
    text: "Steps that can be undone are undone, last first; the others stay in effect.",
    action: "Undo",
    kind: "danger",
    done: "Undoing",
  },
  skip: {
    title: "Skip the step",
    text: "It is passed over, on record with your reason. When it was required, the run ends with exceptions at best.",
    action: "Skip",
    kind: "primary",
    done: "Skipped",
  },
  retry: {
    title: "Do the step again",
    text: "It begins anew with the same parameters; what came of it before stays on record. Approvals are asked for again.",
    action: "Do it again",
    kind: "primary",
    done: "It is done again",
  },
  ask: {
    title: "Ask somebody else",
    text: "The step is asked of one person by name.",
    action: "Ask",
    kind: "primary",
    done: "Asked",
  },
} as const satisfies Record<RunAct["name"], ActWord>;

interface Said {
  readonly reason: string;
  /** the person that it is handed to */
  readonly to: string;
  /** undone alone; empty: the whole run */
  readonly phase: string;
}

function send(run: RunView, { name, step }: RunAct, { reason, to, phase }: Said): Promise<unknown> {
  const stepId = step?.id ?? "";
  switch (name) {
    case "pause":
      return pauseRun(run.id, reason);
    case "resume":
      return resumeRun(run.id, reason);
    case "hand-over":
      return handOverRun(run.id, { to, reason });
    case "ask":
      return handOverRun(run.id, { to, stepId, reason });
    case "abort":
      return abortRun(run.id, reason);
    case "undo":
      return undoRun(run.id, phase === "" ? { reason } : { phase, reason });
    case "skip":
      return skipStep(run.id, stepId, reason);
    case "retry":
      return retryStep(run.id, stepId, reason);
    default:
      return name satisfies never;
  }
}

interface RunActDialogProps {
  readonly run: RunView;
  readonly act: RunAct;
  readonly onClose: () => void;
}

/** What is about to happen to the run or the step, and why. */
export function RunActDialog({ run, act, onClose }: RunActDialogProps) {
  const [reason, setReason] = useState("");
  const [to, setTo] = useState("");
  const [phase, setPhase] = useState("");
  const word = WORDS[act.name];
  const needsPerson = act.name === "hand-over" || act.name === "ask";
  const noPerson = needsPerson && to.trim() === "" ? "Name the person first." : null;
  const mutation = useAct(() => send(run, act, { reason: reason.trim(), to: to.trim(), phase }), {
    done: word.done,
    onDone: onClose,
  });
  const phases = [...new Set(run.steps.map((step) => step.phase))];
  return (
    <FormDialog
      title={word.title}
      description={act.step === null ? word.text : `${act.step.title}. ${word.text}`}
      action={word.action}
      kind={word.kind}
      refusal={act.refusal ?? noPerson ?? tooShort(reason, "a reason")}
      busy={mutation.isPending}
      error={mutation.error}
      onClose={onClose}
      onSubmit={() => mutation.mutate()}
    >
      {needsPerson && (
        <TextField label="To whom (their name here)" value={to} onChange={(event) => setTo(event.target.value)} />
      )}
      {act.name === "undo" && phases.length > 1 && (
        <SelectField
          label="What"
          value={phase}
          options={[
            { value: "", label: "The whole run" },
            ...phases.map((one) => ({ value: one, label: `Only the phase ${sayPhase(one)}` })),
          ]}
          onChange={setPhase}
        />
      )}
      <TextArea
        label="Why"
        rows={2}
        maxLength={1000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}
