import { useState } from "react";
import type { IncidentDetail, RunView, StepView, StopReceipt } from "@firebreak/protocol";
import { abortRun, completeStep } from "../../api/commands.ts";
import { ActorName, At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { StopResults } from "../../components/stop-results.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { formatLatency } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/fields.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count, coverage, RUN_WORDS, sayName, STEP_WORDS } from "../../words.ts";

const REASON_CHARACTERS_MIN = 3;

interface ReasonFormProps {
  readonly label: string;
  readonly action: string;
  readonly kind?: "danger" | "primary";
  readonly refusal: string | null;
  readonly act: (text: string) => Promise<unknown>;
}

/** One line of text and the act it explains. */
function ReasonForm({ label, action, kind = "primary", refusal, act }: ReasonFormProps) {
  const [text, setText] = useState("");
  const mutation = useAct(() => act(text.trim()), { stale: ["incident", "overview"], onDone: () => setText("") });
  const blocked = refusal ?? (text.trim().length < REASON_CHARACTERS_MIN ? `Fill in “${label}”.` : null);
  return (
    <form
      className="form form-inline"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null && !mutation.isPending) mutation.mutate();
      }}
    >
      <TextField label={label} value={text} onChange={(event) => setText(event.target.value)} />
      <Button type="submit" kind={kind} busy={mutation.isPending} disabledReason={blocked}>
        {action}
      </Button>
      <ProblemNotice error={mutation.error} />
    </form>
  );
}

function duration(step: StepView): string | null {
  if (step.startedAt === null || step.endedAt === null) return null;
  return formatLatency(Math.max(0, Date.parse(step.endedAt) - Date.parse(step.startedAt)));
}

function Step({ run, step }: { readonly run: RunView; readonly step: StepView }) {
  const refusal = useRefusal("responder");
  const took = duration(step);
  const said = [step.reason === null ? "" : sayName(step.reason), step.message ?? ""].filter(Boolean).join(": ");
  return (
    <li className="run-step" data-state={step.state}>
      <div className="run-step-line">
        <span className="run-step-phase muted">{sayName(step.phase)}</span>
        <span className="run-step-title wrap-anywhere">{step.title}</span>
        <StateBadge word={STEP_WORDS[step.state]} />
        <span className="run-step-took number muted">{took}</span>
      </div>
      {said !== "" && <p className="run-step-said">{said}</p>}
      {step.attempts > 1 && <p className="run-step-said muted">{count(step.attempts, "attempt")}</p>}
      {step.state === "waiting" && (
        <ReasonForm
          label="What you did"
          action="Mark as done"
          refusal={refusal}
          act={(note) => completeStep(run.id, step.id, note)}
        />
      )}
      {Object.keys(step.output).length > 0 && (
        <details className="run-step-said">
          <summary>Output</summary>
          <pre className="data">{JSON.stringify(step.output, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}

const ENDED = new Set<string>(["completed", "completed_with_exceptions", "failed", "aborted"]);

function Run({ run }: { readonly run: RunView }) {
  const refusal = useRefusal("commander");
  return (
    <Panel repeated title={run.playbookTitle} icon="rules" aside={<StateBadge word={RUN_WORDS[run.state]} />}>
      <p className="panel-note row-sub">
        {run.reason && <span>{run.reason}</span>}
        <span>
          asked for by <ActorName actor={run.requestedBy} />
        </span>
        <At at={run.requestedAt} />
        <code className="wrap-anywhere" title={`SHA-256 ${run.playbookHash}`}>
          {run.playbookId}
        </code>
      </p>
      <ol className="run-steps">
        {run.steps
          .toSorted((a, b) => a.position - b.position)
          .map((step) => (
            <Step key={step.id} run={run} step={step} />
          ))}
      </ol>
      {!ENDED.has(run.state) && (
        <details className="panel-body">
          <summary>End this run before its last step…</summary>
          <ReasonForm
            label="Why"
            action="Abort the run"
            kind="danger"
            refusal={refusal}
            act={(reason) => abortRun(run.id, reason)}
          />
        </details>
      )}
    </Panel>
  );
}

function Stop({ receipt }: { readonly receipt: StopReceipt }) {
  return (
    <Panel
      repeated
      title={`Stop of ${coverage(receipt.hold.scope, receipt.hold.target)}`}
      icon="stop"
      tone="hold"
      aside={<At at={receipt.requestedAt} />}
    >
      <div className="panel-body">
        <p className="row-sub">
          <span>{receipt.hold.reason}</span>
          <span>
            by <ActorName actor={receipt.hold.actor} />
          </span>
        </p>
        <StopResults receipt={receipt} />
      </div>
    </Panel>
  );
}

/** What was done: playbook runs with every step's honest state, and stops with every target's. */
export function ActionsTab({ incident }: { readonly incident: IncidentDetail }) {
  if (incident.runs.length + incident.stops.length === 0)
    return (
      <Empty title="Nothing was done yet">
        Playbooks that the profile ties to this kind of incident start by themselves; the stop button is above.
      </Empty>
    );
  return (
    <div className="stack">
      {incident.tripToStopMs !== null && (
        <p className="trip">
          From the trip of the stop to its proof:{" "}
          <strong className="number">{formatLatency(incident.tripToStopMs)}</strong>
        </p>
      )}
      {incident.stops.map((receipt) => (
        <Stop key={receipt.stopId} receipt={receipt} />
      ))}
      {incident.runs.map((run) => (
        <Run key={run.id} run={run} />
      ))}
    </div>
  );
}
