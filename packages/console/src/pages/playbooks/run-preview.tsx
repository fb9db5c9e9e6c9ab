import type { RunPreview, StepPreview } from "@firebreak/protocol";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { sayPhase, STEP_TYPE_WORDS } from "./words.ts";

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

/** What a run would do, step by step, before anything is done. */
export function PreviewSteps({ preview }: { readonly preview: RunPreview }) {
  const phases = [...new Set(preview.steps.map(({ phase }) => phase))];
  const refused = preview.steps.filter(({ obstacles }) => obstacles.length > 0).length;
  const destroys = preview.steps.filter(({ destroysEvidence }) => destroysEvidence).length;
  return (
    <div className="preview" role="region" aria-label="What would happen">
      <Notice
        tone={refused > 0 || destroys > 0 ? "warn" : "info"}
        title={`${count(preview.steps.length, "step")} would run; nothing has happened yet`}
      >
        {refused > 0 && <p>{count(refused, "step")} would be refused as things stand.</p>}
        {destroys > 0 && <p>{count(destroys, "step")} would destroy evidence.</p>}
      </Notice>
      {phases.map((phase) => (
        <section key={phase}>
          <h3 className="preview-phase">{sayPhase(phase)}</h3>
          <ol className="preview-steps">
            {preview.steps
              .filter((step) => step.phase === phase)
              .map((step) => (
                <Step key={step.id} step={step} />
              ))}
          </ol>
        </section>
      ))}
    </div>
  );
}
