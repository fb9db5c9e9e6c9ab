import type { PlaybookDetail, RunView, StepView } from "@firebreak/protocol";
import { useId } from "react";
import { At, StateBadge } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { useMe } from "../../hooks/use-me.ts";
import { formatLatency } from "../../time.ts";
import { Menu } from "../../ui/menu.tsx";
import { count, sayName, STEP_WORDS } from "../../words.ts";
import { type StepNode, toTree } from "../playbooks/tree.ts";
import { sayPhase } from "../playbooks/words.ts";
import { type RunAct, stepActs } from "./acts.ts";
import { baseId } from "./asked.ts";
import { StepClock } from "./tasks.tsx";
import { stepWord } from "./words.ts";

interface Surroundings {
  readonly run: RunView;
  readonly playbook: PlaybookDetail | null;
  readonly onAct: (act: RunAct) => void;
}

function tookMs({ startedAt, endedAt }: StepView): number | null {
  return startedAt === null || endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}

function Values({ title, values }: { readonly title: string; readonly values: Readonly<Record<string, unknown>> }) {
  if (Object.keys(values).length === 0) return null;
  return (
    <details className="step-values">
      <summary>{title}</summary>
      <pre className="data">{showHidden(JSON.stringify(values, null, 2))}</pre>
    </details>
  );
}

function Earlier({ step }: { readonly step: StepView }) {
  if (step.earlier.length === 0) return null;
  return (
    <details className="step-values">
      <summary>{count(step.earlier.length, "earlier try", "earlier tries")}</summary>
      <ul className="step-earlier">
        {step.earlier.map((one, index) => (
          <li key={index} className="wrap-anywhere">
            {one.endedAt !== null && <At at={one.endedAt} />} {STEP_WORDS[one.state].label}
            {one.message !== null && `: ${showHidden(one.message)}`}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The label of the option or branch that the step stands in, at the first of its steps. */
function optionLabel(step: StepView, { playbook }: Surroundings): string | null {
  const { option, parent } = step;
  if (option === null || parent === null) return null;
  const definition = playbook?.steps.find(({ id }) => id === baseId(parent));
  return definition?.groups.find(({ id }) => id === option)?.label ?? option;
}

function StepRow({
  node,
  before,
  around,
}: {
  node: StepNode<StepView>;
  before: StepView | null;
  around: Surroundings;
}) {
  const { step } = node;
  const { run, playbook, onAct } = around;
  const { access } = useMe();
  const definition = playbook?.steps.find(({ id }) => id === baseId(step.id));
  const acts = stepActs(run, step, definition?.required ?? true, access);
  const took = tookMs(step);
  const word = stepWord(step);
  const isNew = before === null || before.option !== step.option || before.item !== step.item;
  const label = isNew ? optionLabel(step, around) : null;
  const said = [
    step.reason === null || step.state === "waiting" ? "" : sayName(step.reason),
    showHidden(step.message ?? ""),
  ].filter(Boolean);
  return (
    <>
      {label !== null && <li className="step-option muted">{showHidden(label)}</li>}
      {isNew && step.item !== null && <li className="step-option muted">Item {step.item + 1}</li>}
      <li className={`step-row tone-${word.tone}`} data-state={step.state} data-step={step.id}>
        <div className="step-row-line">
          <span className="step-row-title wrap-anywhere">{showHidden(step.title)}</span>
          <span className="step-row-state">
            <StepClock step={step} />
            <StateBadge word={word} />
            {took !== null && <span className="number muted">{formatLatency(took)}</span>}
            {acts.length > 0 && (
              <Menu
                label={`More for ${step.title}`}
                items={acts.map((act) => ({
                  id: act.name,
                  label: act.label,
                  disabledReason: act.refusal,
                  run: () => onAct(act),
                }))}
              />
            )}
          </span>
        </div>
        {said.length > 0 && <p className="step-said wrap-anywhere">{said.join(": ")}</p>}
        {step.attempts > 1 && <p className="step-said muted">{count(step.attempts, "attempt")}</p>}
        <Values title="Given" values={step.input} />
        <Values title="Found" values={step.output} />
        <Earlier step={step} />
        {node.children.length > 0 && <Rows nodes={node.children} around={around} />}
      </li>
    </>
  );
}

function Rows({ nodes, around }: { nodes: readonly StepNode<StepView>[]; around: Surroundings }) {
  return (
    <ol className="step-rows">
      {nodes.map((node, index) => (
        <StepRow key={node.step.id} node={node} before={nodes[index - 1]?.step ?? null} around={around} />
      ))}
    </ol>
  );
}

function Phase({
  phase,
  nodes,
  around,
}: {
  phase: string;
  nodes: readonly StepNode<StepView>[];
  around: Surroundings;
}) {
  const id = useId();
  const box = around.playbook?.phases.find((one) => one.id === phase)?.timeBox;
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="panel-head">
        <h2 className="panel-title" id={id}>
          {sayPhase(phase)}
        </h2>
        {box !== null && box !== undefined && <span className="muted">within {box}</span>}
      </header>
      <Rows nodes={nodes} around={around} />
    </section>
  );
}

/** Every step with its honest state, in the order of the playbook. */
export function RunSteps(around: Surroundings) {
  const tree = toTree(around.run.steps.toSorted((a, b) => a.position - b.position));
  const phases = [...new Set(tree.map(({ step }) => step.phase))];
  return phases.map((phase) => (
    <Phase key={phase} phase={phase} nodes={tree.filter(({ step }) => step.phase === phase)} around={around} />
  ));
}
