import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PlaybookDetail, RunView, StepView } from "@firebreak/protocol";
import { answerApproval } from "../../api/commands.ts";
import { sendSignal } from "../../api/run-commands.ts";
import { approvalQuery } from "../../api/playbook-queries.ts";
import { Ago, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { BreakGlass } from "../../components/break-glass.tsx";
import { Loaded } from "../../components/page.tsx";
import { Question } from "../../components/question.tsx";
import { showHidden } from "../../harmless.ts";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { useNow } from "../../hooks/use-now.ts";
import { formatUtc, readClock } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Panel } from "../../ui/layout.tsx";
import { type Asked, baseId, readAsked } from "./asked.ts";
import { DecisionForm, InterruptedForm, ManualForm } from "./manual-form.tsx";
import { asksPerson, stepWord } from "./words.ts";

/** How long the step still has, counting down. */
export function StepClock({ step }: { readonly step: Pick<StepView, "startedAt" | "dueAt" | "endedAt"> }) {
  const nowMs = useNow();
  if (step.startedAt === null || step.dueAt === null || step.endedAt !== null) return null;
  const reading = readClock({ startedAt: step.startedAt, dueAt: step.dueAt, stoppedAt: null }, nowMs);
  const tone = { running: "neutral", soon: "warn", breached: "danger", met: "ok", missed: "danger" }[reading.state];
  return (
    <span className={`clock-pill tone-${tone}`} title={`Due ${formatUtc(Date.parse(step.dueAt))}`}>
      <Icon name={reading.state === "breached" ? "warn" : "clock"} size={12} />
      {reading.state === "breached" ? `due ${reading.text.replace("breached ", "")}` : reading.text}
    </span>
  );
}

function ApprovalForm({ approvalId }: { readonly approvalId: string }) {
  const query = useQuery(approvalQuery(approvalId));
  return (
    <Loaded query={query} rows={3}>
      {(approval) => (
        <>
          <Question approval={approval} answer={(answer) => answerApproval(approvalId, answer)} />
          <BreakGlass approval={approval} />
        </>
      )}
    </Loaded>
  );
}

function SignalForm({ run, signal }: { readonly run: RunView; readonly signal: string }) {
  const [text, setText] = useState("");
  const refusal = useRefusal("responder");
  const note = text.trim();
  const act = useAct(() => sendSignal(run.id, signal, note === "" ? {} : { note }), { done: "Signal sent" });
  return (
    <div className="form">
      <TextField label="What goes with it (optional)" value={text} onChange={(event) => setText(event.target.value)} />
      <ProblemNotice error={act.error} />
      <div className="task-buttons">
        <Button kind="primary" busy={act.isPending} disabledReason={refusal} onClick={() => act.mutate()}>
          Send the signal {signal}
        </Button>
      </div>
    </div>
  );
}

function Form({ run, step, asked }: { readonly run: RunView; readonly step: StepView; readonly asked: Asked }) {
  if (step.state === "interrupted") return <InterruptedForm run={run} step={step} asked={asked} />;
  if (step.approvalId !== null) return <ApprovalForm approvalId={step.approvalId} />;
  if (step.type === "wait" && asked.signal !== null) return <SignalForm run={run} signal={asked.signal} />;
  if (step.type === "decision") return <DecisionForm run={run} step={step} asked={asked} />;
  return <ManualForm run={run} step={step} asked={asked} />;
}

interface TaskProps {
  readonly run: RunView;
  readonly step: StepView;
  readonly playbook: PlaybookDetail | null;
}

/** One step that waits for a person: who, since when, until when, what to do, and the form that does it. */
export function Task({ run, step, playbook }: TaskProps) {
  const definition = playbook?.steps.find(({ id }) => id === baseId(step.id)) ?? null;
  const asked = readAsked(step, definition);
  const roles = new Map(playbook?.roles.map(({ id, title }) => [id, title]));
  const whom =
    step.assignee ?? (asked.roleTitle === null ? "anybody" : (roles.get(asked.roleTitle) ?? asked.roleTitle));
  return (
    <Panel repeated tone="accent" icon="person" title={step.title} aside={<StepClock step={step} />}>
      <div className="panel-body task" data-task={step.id}>
        <p className="row-sub">
          <StateBadge word={stepWord(step)} />
          <span>
            asked of <strong>{whom}</strong>
          </span>
          {step.startedAt !== null && (
            <span>
              since <Ago at={step.startedAt} />
            </span>
          )}
          {step.item !== null && <span>item {step.item + 1}</span>}
        </p>
        {step.message !== null && step.state === "interrupted" && <p className="wrap-anywhere">{step.message}</p>}
        {step.approvalId === null && asked.text !== "" && <p className="playbook-words">{showHidden(asked.text)}</p>}
        <Form run={run} step={step} asked={asked} />
      </div>
    </Panel>
  );
}

/** Everything in the run that waits for a person, what is due first on top. */
export function Tasks({ run, playbook }: { readonly run: RunView; readonly playbook: PlaybookDetail | null }) {
  const waiting = run.steps
    .filter(asksPerson)
    .toSorted((a, b) => (a.dueAt ?? "9").localeCompare(b.dueAt ?? "9") || a.position - b.position);
  return waiting.map((step) => <Task key={`${step.id} ${step.attempts}`} run={run} step={step} playbook={playbook} />);
}
