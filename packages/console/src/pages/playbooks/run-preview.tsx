import { Link } from "wouter";
import type { RunPreview, StepPreview } from "@firebreak/protocol";
import { showHidden } from "../../harmless.ts";
import { runPath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { sayPhase, STEP_TYPE_WORDS } from "./words.ts";

type Ask = RunPreview["asks"][number];

function Step({ step }: { readonly step: StepPreview }) {
  return (
    <li className="preview-step">
      <p className="preview-head">
        <Icon name={STEP_TYPE_WORDS[step.type].icon} size={13} />
        <span className="wrap-anywhere">{showHidden(step.title)}</span>
        {step.destroysEvidence && <Badge tone="danger">Destroys evidence</Badge>}
        {step.undo === "auto" && (
          <Badge tone="ok" icon="retry">
            Can be undone
          </Badge>
        )}
      </p>
      {step.obstacles.map((obstacle) => (
        <p key={obstacle} className="preview-obstacle wrap-anywhere">
          Would be refused: {showHidden(obstacle)}
        </p>
      ))}
      {step.changes.map((change) => (
        <p key={change} className="muted wrap-anywhere">
          {showHidden(change)}
        </p>
      ))}
      {step.touches.length > 0 && <p className="muted wrap-anywhere">Touches {step.touches.join(", ")}</p>}
      {step.changes.length === 0 && step.obstacles.length === 0 && step.note !== "" && (
        <p className="muted wrap-anywhere">{showHidden(step.note)}</p>
      )}
    </li>
  );
}

function sayWho({ role, access, people }: Ask): string {
  const who = role ?? `anybody who is a ${access} or more`;
  return people > 1 ? `${people} persons: ${who}` : who;
}

function Asks({ asks }: Pick<RunPreview, "asks">) {
  if (asks.length === 0) return null;
  return (
    <section>
      <h3 className="preview-phase">What people would be asked</h3>
      <ul className="preview-steps">
        {asks.map((ask) => (
          <li key={ask.stepId} className="preview-step">
            <p className="preview-head">
              <Icon name={STEP_TYPE_WORDS[ask.kind].icon} size={13} />
              <span className="wrap-anywhere">{showHidden(ask.title)}</span>
              <Badge tone="neutral">{sayWho(ask)}</Badge>
            </p>
            <p className="muted wrap-anywhere">{showHidden(ask.what)}</p>
            {ask.checklist.length > 0 && <p className="muted">With {count(ask.checklist.length, "line")} to tick.</p>}
            {ask.escalateTo !== null && <p className="muted">When nobody answers, {ask.escalateTo} is told.</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Stays({ cannotUndo }: Pick<RunPreview, "cannotUndo">) {
  if (cannotUndo.length === 0) return null;
  return (
    <section>
      <h3 className="preview-phase">What stays, also when the run is undone</h3>
      <ul className="preview-steps">
        {cannotUndo.map(({ stepId, title, why }) => (
          <li key={stepId} className="preview-step">
            <p className="wrap-anywhere">{showHidden(title)}</p>
            <p className="muted wrap-anywhere">{showHidden(why)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Locks({ locks, lockedBy }: Pick<RunPreview, "locks" | "lockedBy">) {
  if (locks.length === 0) return null;
  return (
    <p className="wrap-anywhere">
      No other run acts on <code>{locks.join(", ")}</code> meanwhile.{" "}
      {lockedBy !== null && (
        <>
          <Link href={runPath(lockedBy)}>{lockedBy}</Link> does now, and this one would wait for it.
        </>
      )}
    </p>
  );
}

/** What a run would do, step by step, before anything is done. */
export function PreviewSteps({ preview }: { readonly preview: RunPreview }) {
  const { steps, asks, cannotUndo, locks, lockedBy } = preview;
  const phases = [...new Set(steps.map(({ phase }) => phase))];
  const refused = steps.filter(({ obstacles }) => obstacles.length > 0).length;
  const destroys = steps.filter(({ destroysEvidence }) => destroysEvidence).length;
  const hasBranches = steps.some(({ option }) => option !== null);
  return (
    <div className="preview" role="region" aria-label="What would happen">
      <Notice
        tone={refused > 0 || destroys > 0 || lockedBy !== null ? "warn" : "info"}
        title={`${count(steps.length, "step")}${hasBranches ? " on all branches" : ""}; nothing has happened yet`}
      >
        {refused > 0 && <p>{count(refused, "step")} would be refused as things stand.</p>}
        {destroys > 0 && <p>{count(destroys, "step")} would destroy evidence.</p>}
        <Locks locks={locks} lockedBy={lockedBy} />
      </Notice>
      {phases.map((phase) => (
        <section key={phase}>
          <h3 className="preview-phase">{sayPhase(phase)}</h3>
          <ol className="preview-steps">
            {steps
              .filter((step) => step.phase === phase)
              .map((step) => (
                <Step key={step.id} step={step} />
              ))}
          </ol>
        </section>
      ))}
      <Asks asks={asks} />
      <Stays cannotUndo={cannotUndo} />
    </div>
  );
}
