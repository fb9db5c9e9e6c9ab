import type { PlaybookDetail, PlaybookStepView } from "@firebreak/protocol";
import { Link } from "wouter";
import { showHidden } from "../../harmless.ts";
import { playbookPath } from "../../navigation.ts";
import { Icon } from "../../ui/icons.tsx";
import { Empty } from "../../ui/layout.tsx";
import { Condition } from "./condition.tsx";
import { Act, Expectation, type RoleTitles, roleTitles, stepFacts, StepMarks } from "./step-facts.tsx";
import { inOption, type StepNode, toTree } from "./tree.ts";
import { sayDuration, sayPhase, STEP_TYPE_WORDS } from "./words.ts";

interface Reading {
  readonly titles: ReadonlyMap<string, string>;
  readonly roles: RoleTitles;
}

export const stepAnchor = (id: string) => `step-${id}`;

/** What a person reads, ticks and writes down in the step. */
function Words({ step }: { readonly step: PlaybookStepView }) {
  const checklist = [...step.checklist, ...(step.approval?.checklist ?? [])];
  return (
    <>
      {step.text !== null && <p className="playbook-words">{showHidden(step.text)}</p>}
      {checklist.length > 0 && (
        <ul className="playbook-checklist" aria-label="Check-list">
          {checklist.map((line) => (
            <li key={line}>{showHidden(line)}</li>
          ))}
        </ul>
      )}
      {step.capture.length > 0 && (
        <p className="playbook-line">
          <span className="playbook-label">Writes down</span>
          <span className="wrap-anywhere">
            {step.capture.map(({ label, required }) => (required ? label : `${label} (optional)`)).join(" · ")}
          </span>
        </p>
      )}
    </>
  );
}

function Groups({ node, number, reading }: { node: StepNode<PlaybookStepView>; number: string; reading: Reading }) {
  const { step } = node;
  const loose = inOption(node, null);
  return (
    <>
      {step.groups.map((group, index) => {
        const nested = inOption(node, group.id);
        const lettered = `${number}${String.fromCodePoint(97 + index)}`;
        return (
          <section key={group.id} className="playbook-group" aria-label={group.label}>
            <p className="playbook-group-head">
              <span className="playbook-group-name">{showHidden(group.label)}</span>
              {group.when !== null && (
                <span className="playbook-line">
                  <span className="playbook-label">by itself when</span>
                  <Condition expression={group.when} titles={reading.titles} />
                </span>
              )}
              {step.otherwise === group.id && <span className="muted">when no other holds</span>}
              {group.severity !== null && <span className="muted">sets severity {group.severity}</span>}
            </p>
            {nested.length === 0 ? (
              <p className="muted playbook-nothing">Nothing more is done.</p>
            ) : (
              <Steps nodes={nested} prefix={`${lettered}.`} reading={reading} />
            )}
          </section>
        );
      })}
      {loose.length > 0 && (
        <section className="playbook-group" aria-label={`Within ${step.title}`}>
          <Steps nodes={loose} prefix={`${number}.`} reading={reading} />
        </section>
      )}
    </>
  );
}

function StepArticle({
  node,
  number,
  reading,
}: {
  node: StepNode<PlaybookStepView>;
  number: string;
  reading: Reading;
}) {
  const { step } = node;
  const word = STEP_TYPE_WORDS[step.type];
  return (
    <li id={stepAnchor(step.id)} className="playbook-step" data-by={word.by} data-row="" tabIndex={-1}>
      <div className="playbook-step-head">
        <span className="playbook-number number">{number}</span>
        <span className="playbook-step-title wrap-anywhere">{showHidden(step.title)}</span>
        <span className="playbook-marks">
          <span className="playbook-kind">
            <Icon name={word.icon} size={13} /> {word.label}
          </span>
          <StepMarks step={step} />
        </span>
      </div>
      <div className="playbook-step-body">
        {step.when !== null && (
          <p className="playbook-line">
            <span className="playbook-label">Only when</span>
            <Condition expression={step.when} titles={reading.titles} />
          </p>
        )}
        <Words step={step} />
        {step.playbook !== null && (
          <p>
            Runs the steps of <Link href={playbookPath(step.playbook)}>{step.playbook}</Link>.
          </p>
        )}
        <Act step={step} />
        <Expectation step={step} titles={reading.titles} />
        <p className="playbook-facts">
          {stepFacts(step, reading.roles, reading.titles).map((fact, index) => (
            <span key={index}>{fact}</span>
          ))}
        </p>
        <Groups node={node} number={number} reading={reading} />
      </div>
    </li>
  );
}

interface StepsProps {
  readonly nodes: readonly StepNode<PlaybookStepView>[];
  readonly prefix: string;
  readonly from?: number;
  readonly reading: Reading;
}

function Steps({ nodes, prefix, from = 1, reading }: StepsProps) {
  return (
    <ol className="playbook-steps">
      {nodes.map((node, index) => (
        <StepArticle key={node.step.id} node={node} number={`${prefix}${from + index}`} reading={reading} />
      ))}
    </ol>
  );
}

/** The playbook as a runbook that people read from the top: phases, steps, exact words. */
export function PlaybookDocument({ playbook }: { readonly playbook: PlaybookDetail }) {
  const tree = toTree(playbook.steps);
  const reading = {
    titles: new Map(playbook.steps.map(({ id, title }) => [id, title])),
    roles: roleTitles(playbook),
  };
  if (playbook.steps.length === 0)
    return <Empty title="Its steps cannot be read">Mend the source first; its problems stand beside it.</Empty>;
  return (
    <div className="playbook-document">
      {playbook.phases.map((phase) => {
        const nodes = tree.filter(({ step }) => step.phase === phase.id);
        const before = tree.findIndex(({ step }) => step.phase === phase.id);
        return (
          <section key={phase.id} className="playbook-phase" aria-labelledby={`phase-${phase.id}`}>
            <h2 id={`phase-${phase.id}`} className="playbook-phase-title">
              {sayPhase(phase.id)}
              {phase.timeBox !== null && <span className="muted"> within {sayDuration(phase.timeBox)}</span>}
            </h2>
            <Steps nodes={nodes} prefix="" from={before + 1} reading={reading} />
          </section>
        );
      })}
    </div>
  );
}
