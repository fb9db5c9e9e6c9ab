import { lazy, Suspense } from "react";
import { Link } from "wouter";
import type { IncidentDetail, RunView, StepView, StopView } from "@firebreak/protocol";
import { ActorName, At, StateBadge } from "../../components/bits.tsx";
import { StopResults } from "../../components/stop-results.tsx";
import { runPath } from "../../navigation.ts";
import { formatLatency } from "../../time.ts";
import { Empty, Loading, Notice, Panel } from "../../ui/layout.tsx";
import { count, coverage, RUN_WORDS, sayName, STEP_WORDS } from "../../words.ts";

const IncidentRuns = lazy(() => import("../runs/incident-runs.tsx"));

function duration(step: StepView): string | null {
  if (step.startedAt === null || step.endedAt === null) return null;
  return formatLatency(Math.max(0, Date.parse(step.endedAt) - Date.parse(step.startedAt)));
}

function Step({ step }: { readonly step: StepView }) {
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
      {Object.keys(step.output).length > 0 && (
        <details className="run-step-said">
          <summary>Output</summary>
          <pre className="data">{JSON.stringify(step.output, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}

function Run({ run }: { readonly run: RunView }) {
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
        <Link href={runPath(run.id)}>Open the run</Link>
      </p>
      <ol className="run-steps">
        {run.steps
          .toSorted((a, b) => a.position - b.position)
          .map((step) => (
            <Step key={step.id} step={step} />
          ))}
      </ol>
    </Panel>
  );
}

function Stop({ receipt }: { readonly receipt: StopView }) {
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
        {receipt.contradictedAt !== null && (
          <Notice tone="danger" title="Contradicted">
            Acts of a stopped session were reported after this proof. Take the stop for unverified: look at the machine,
            and at the gate that reported them.
          </Notice>
        )}
        <StopResults receipt={receipt} />
      </div>
    </Panel>
  );
}

/** What was done: playbook runs with every step's honest state, and stops with every target's. */
export function ActionsTab({ incident }: { readonly incident: IncidentDetail }) {
  return (
    <div className="stack">
      <Suspense fallback={<Loading rows={3} />}>
        <IncidentRuns incident={incident} />
      </Suspense>
      {incident.runs.length + incident.stops.length === 0 && (
        <Empty title="Nothing was done yet">
          Playbooks that the profile ties to this kind of incident start by themselves; the stop button is above.
        </Empty>
      )}
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
