import { useQuery } from "@tanstack/react-query";
import { DetailPage } from "../../components/detail-page.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Link } from "wouter";
import type { DrillRecord, DrillView } from "@firebreak/protocol";
import { drillQuery } from "../../api/playbook-queries.ts";
import { ActorName, At, StateBadge } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { playbookPath } from "../../navigation.ts";
import { formatLatency } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Empty, Facts, Notice, Panel } from "../../ui/layout.tsx";
import { count, RUN_WORDS, sayName, STEP_WORDS } from "../../words.ts";
import { sayPhase } from "../playbooks/words.ts";
import { DRILL_WORDS } from "./words.ts";

function Times({ spans }: Pick<DrillRecord, "spans">) {
  return (
    <Panel title="Times against targets" icon="clock">
      {spans.length === 0 ? (
        <Empty title="Nothing was measured" />
      ) : (
        <ul className="rows">
          {spans.map(({ name, ms, targetMs, met }) => (
            <li key={name} className="row act-row">
              <span className="agent-main">{sayName(name)}</span>
              <span className="number">{ms === null ? "never" : formatLatency(ms)}</span>
              <span className="muted">{targetMs === null ? "no target" : `target ${formatLatency(targetMs)}`}</span>
              {met !== null && <Badge tone={met ? "ok" : "danger"}>{met ? "In time" : "Too late"}</Badge>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Checks({ checks, notExercised }: Pick<DrillRecord, "checks" | "notExercised">) {
  return (
    <Panel title="What was checked at the end" icon="shield">
      <ul className="rows">
        {checks.map(({ title, held, found }) => (
          <li key={title} className="row history-row">
            <p className="hold-title">
              <Badge tone={held ? "ok" : "danger"}>{held ? "Held" : "Did not hold"}</Badge>
              <span className="wrap-anywhere">{showHidden(title)}</span>
            </p>
            <p className="hold-reason wrap-anywhere">{showHidden(found)}</p>
          </li>
        ))}
        {notExercised.map(({ step, effector, why }) => (
          <li key={`${step} ${effector}`} className="row history-row">
            <p className="hold-title">
              <Badge tone="warn">Not exercised</Badge>
              <span className="wrap-anywhere">
                {step} <code>{effector}</code>
              </span>
            </p>
            <p className="hold-reason wrap-anywhere">{showHidden(why)}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Steps({ steps }: Pick<DrillRecord, "steps">) {
  return (
    <Panel title="Steps" icon="rules">
      <ol className="run-steps">
        {steps.map((step) => (
          <li key={step.id} className="run-step" data-state={step.state}>
            <div className="run-step-line">
              <span className="run-step-phase muted">{sayPhase(step.phase)}</span>
              <span className="run-step-title wrap-anywhere">{showHidden(step.title)}</span>
              <StateBadge word={STEP_WORDS[step.state]} />
              <span className="run-step-took number muted">{step.ms === null ? "" : formatLatency(step.ms)}</span>
            </div>
            {!step.expected && <p className="run-step-said">Not as the drill expected</p>}
            {step.message !== null && <p className="run-step-said">{showHidden(step.message)}</p>}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function About({ view: { record, recordedAt, recordedBy } }: { readonly view: DrillView }) {
  const { playbook, fault, sandbox } = record;
  return (
    <Panel title="About" icon="note">
      <div className="panel-body">
        <Facts
          facts={[
            { label: "Playbook", value: <Link href={playbookPath(playbook.id)}>{playbook.title}</Link> },
            { label: "Version", value: `${playbook.version}, text ${playbook.hash.slice(0, 12)}` },
            { label: "Fault", value: showHidden(fault.what) },
            { label: "Began", value: <At at={record.startedAt} withDay /> },
            { label: "Took", value: `${Math.round(record.seconds)} s` },
            ...(record.run === null ? [] : [{ label: "Its run", value: RUN_WORDS[record.run.state].label }]),
            { label: "Sandbox", value: `${sandbox.isolation}, ${sandbox.system}` },
            { label: "Firebreak", value: record.firebreakVersion },
            { label: "People", value: count(record.answers.length, "answer") },
            { label: "Messages", value: `${record.messages} caught` },
            { label: "Recorded", value: <At at={recordedAt} withDay /> },
            { label: "By", value: <ActorName actor={recordedBy} /> },
          ]}
        />
      </div>
    </Panel>
  );
}

/** What kept the drill from passing; a drill that passed needs no word more. */
function Verdict({ record: { result, findings, notExercised } }: { readonly record: DrillRecord }) {
  if (result === "passed") return null;
  const reasons = [...findings, ...notExercised.map(({ step, why }) => `${step} was not exercised: ${why}`)];
  return (
    <Notice tone={result === "failed" ? "danger" : "warn"} title={DRILL_WORDS[result].meaning}>
      <ul className="import-warnings">
        {reasons.map((reason) => (
          <li key={reason} className="wrap-anywhere">
            {showHidden(reason)}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Content({ view }: { readonly view: DrillView }) {
  const { record } = view;
  const word = DRILL_WORDS[record.result];
  return (
    <>
      <PageHead title={showHidden(record.title)} lead={<StateBadge word={word} />} />
      <div className="playbook-columns">
        <div className="stack">
          <Verdict record={record} />
          <Times spans={record.spans} />
          <Checks checks={record.checks} notExercised={record.notExercised} />
          <Steps steps={record.steps} />
        </div>
        <About view={view} />
      </div>
    </>
  );
}

export function DrillPage({ id }: { readonly id: string }) {
  const query = useQuery(drillQuery(id));
  return (
    <DetailPage
      query={query}
      name={id}
      tabTitle={(view) => view.record.title}
      back={{ href: "/drills", label: "Drills" }}
    >
      {(view) => <Content view={view} />}
    </DetailPage>
  );
}
