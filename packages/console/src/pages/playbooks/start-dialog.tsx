import { useState } from "react";
import { useLocation } from "wouter";
import type { PlaybookInput, RunPreview } from "@firebreak/protocol";
import { previewPlaybook, startRun } from "../../api/run-commands.ts";
import { FormDialog } from "../../components/dialogs.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { runPath } from "../../navigation.ts";
import { TextField } from "../../ui/fields.tsx";
import { InputFields, missingInput, startingTexts, toInputs } from "./input-fields.tsx";
import { PreviewSteps } from "./run-preview.tsx";

interface StartDialogProps {
  readonly playbook: { readonly id: string; readonly title: string; readonly inputs: readonly PlaybookInput[] };
  /** what is known already: of the incident that it is for */
  readonly incidentId?: string;
  readonly known?: Readonly<Record<string, unknown>>;
  readonly onClose: () => void;
}

/** Starts a playbook: first its inputs, then what it would do with them, then the start. */
export function StartDialog({ playbook, incidentId = "", known = {}, onClose }: StartDialogProps) {
  const [, navigate] = useLocation();
  const [incident, setIncident] = useState(incidentId);
  const [texts, setTexts] = useState(() => startingTexts(playbook.inputs, known));
  const [shown, setShown] = useState<RunPreview | null>(null);
  const [observe, setObserve] = useState(false);
  const refusal = useRefusal("responder");
  const asked = {
    inputs: toInputs(playbook.inputs, texts),
    incidentId: incident.trim() === "" ? null : incident.trim(),
  };
  const look = useAct(() => previewPlaybook(playbook.id, asked), { stale: [], onDone: setShown });
  const start = useAct(() => startRun({ playbookId: playbook.id, observe, ...asked }), {
    done: observe ? "It observes" : "Started",
    onDone: (run) => {
      onClose();
      navigate(runPath(run.id));
    },
  });
  const action = shown === null ? "Show what it would do" : observe ? "Observe only" : "Start it";
  return (
    <FormDialog
      title={`Start “${playbook.title}”`}
      description={shown === null ? "Nothing happens before you have seen what it would do." : undefined}
      action={action}
      kind={shown === null || observe ? "primary" : "danger"}
      refusal={refusal ?? missingInput(playbook.inputs, texts)}
      busy={look.isPending || start.isPending}
      error={look.error ?? start.error}
      onClose={onClose}
      onSubmit={() => (shown === null ? look.mutate() : start.mutate())}
    >
      <TextField
        label="For the incident (optional)"
        placeholder="INC-2026-0001"
        value={incident}
        onChange={(event) => {
          setIncident(event.target.value);
          setShown(null);
        }}
      />
      <InputFields
        inputs={playbook.inputs}
        texts={texts}
        onChange={(next) => {
          setTexts(next);
          setShown(null);
        }}
      />
      {shown !== null && (
        <>
          <PreviewSteps preview={shown} />
          <label className="check">
            <input type="checkbox" checked={observe} onChange={(event) => setObserve(event.target.checked)} />
            Only observe: each step says what it would do, and does nothing
          </label>
        </>
      )}
    </FormDialog>
  );
}
