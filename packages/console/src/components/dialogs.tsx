import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import {
  INCIDENT_TYPES,
  type IncidentDetail,
  type IncidentState,
  type IncidentType,
  type Severity,
  SEVERITY_NAMES,
} from "@firebreak/protocol";
import { acknowledgeIncident, changeSeverity, changeState, reportIncident, resolveIncident } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { count, INCIDENT_WORDS, sayName } from "../words.ts";
import { ProblemNotice } from "./bits.tsx";

const TEXT_CHARACTERS_MIN = 3;
export const tooShort = (text: string, what: string) =>
  text.trim().length < TEXT_CHARACTERS_MIN ? `Write ${what} of at least three characters.` : null;

export const SEVERITIES = [1, 2, 3, 4] as const satisfies readonly Severity[];

interface FormDialogProps {
  readonly title: string;
  readonly description?: React.ReactNode;
  readonly action: string;
  readonly kind?: "primary" | "danger";
  readonly refusal: string | null;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly children?: React.ReactNode;
}

/** The shape every small form has: what it does, its fields, its fault in place, cancel and act. */
export function FormDialog(props: FormDialogProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (props.refusal === null && !props.busy) props.onSubmit();
  };
  return (
    <Dialog open onClose={props.onClose} title={props.title} description={props.description}>
      <form onSubmit={submit} className="form">
        {props.children}
        <ProblemNotice error={props.error} />
        <div className="form-actions">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button type="submit" kind={props.kind ?? "primary"} busy={props.busy} disabledReason={props.refusal}>
            {props.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface IncidentDialogProps {
  readonly incident: IncidentDetail;
  readonly onClose: () => void;
}

const INCIDENT_STALE = ["incident", "incidents", "overview", "review"];

export function AcknowledgeDialog({ incident, onClose }: IncidentDialogProps) {
  const refusal = useRefusal("responder");
  const act = useAct(() => acknowledgeIncident(incident.id), {
    stale: INCIDENT_STALE,
    done: `${incident.id} is yours`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Acknowledge ${incident.id}`}
      description={`You take “${incident.title}”. The respond clock stops and your name goes on the timeline.`}
      action="Acknowledge"
      refusal={refusal}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    />
  );
}

export function ResolveDialog({ incident, onClose }: IncidentDialogProps) {
  const [summary, setSummary] = useState(incident.summary ?? "");
  const [rootCause, setRootCause] = useState(incident.rootCause ?? "");
  const refusal = useRefusal("responder");
  const act = useAct(() => resolveIncident(incident.id, summary.trim(), rootCause.trim()), {
    stale: INCIDENT_STALE,
    done: `${incident.id} is resolved`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Resolve ${incident.id}`}
      description="Say that it is over and what it was. All clocks stop; the review is drafted from the timeline."
      action="Resolve"
      refusal={refusal ?? tooShort(summary, "a summary")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      {incident.holds.length > 0 && (
        <Notice
          tone="warn"
          title={`${count(incident.holds.length, "hold")} of this incident stay${incident.holds.length === 1 ? "s" : ""} in force`}
        >
          <p>Resolving does not resume anything. Resume from the incident or the kill switch when it is safe.</p>
        </Notice>
      )}
      <TextArea label="Summary" rows={4} value={summary} onChange={(event) => setSummary(event.target.value)} />
      <TextArea
        label="Root cause (when known)"
        rows={3}
        value={rootCause}
        onChange={(event) => setRootCause(event.target.value)}
      />
    </FormDialog>
  );
}

export function SeverityDialog({ incident, onClose }: IncidentDialogProps) {
  const [severity, setSeverity] = useState<Severity>(incident.severity);
  const [reason, setReason] = useState("");
  const refusal = useRefusal("commander");
  const act = useAct(() => changeSeverity(incident.id, severity, reason.trim()), {
    stale: INCIDENT_STALE,
    done: "Severity changed",
    onDone: onClose,
  });
  const unchanged = severity === incident.severity ? "Choose another severity." : null;
  return (
    <FormDialog
      title={`Change the severity of ${incident.id}`}
      action="Change severity"
      refusal={refusal ?? unchanged ?? tooShort(reason, "a reason")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <SeverityField value={severity} onChange={setSeverity} />
      <TextArea label="Reason" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

interface SeverityFieldProps {
  readonly value: Severity;
  readonly onChange: (severity: Severity) => void;
}

function SeverityField({ value, onChange }: SeverityFieldProps) {
  return (
    <SelectField
      label="Severity"
      hint="When in doubt, take the higher one; it can be lowered later."
      value={String(value)}
      options={SEVERITIES.map((severity) => ({
        value: String(severity),
        label: `${severity} ${SEVERITY_NAMES[severity]}`,
      }))}
      onChange={(text) => onChange(SEVERITIES.find((severity) => String(severity) === text) ?? value)}
    />
  );
}

interface StateDialogProps extends IncidentDialogProps {
  readonly to?: IncidentState | undefined;
}

export function StateDialog({ incident, to, onClose }: StateDialogProps) {
  const [state, setState] = useState<IncidentState | undefined>(to ?? incident.allowedStates[0]);
  const [reason, setReason] = useState("");
  const refusal = useRefusal("responder");
  const act = useAct((target: IncidentState) => changeState(incident.id, target, reason.trim()), {
    stale: INCIDENT_STALE,
    done: "State changed",
    onDone: onClose,
  });
  const none =
    state === undefined ? `From ${INCIDENT_WORDS[incident.state].label} no other state can be reached.` : null;
  return (
    <FormDialog
      title={`Change the state of ${incident.id}`}
      description={`It is ${INCIDENT_WORDS[incident.state].label.toLowerCase()} now.`}
      action="Change state"
      refusal={refusal ?? none ?? tooShort(reason, "a reason")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => (state === undefined ? undefined : act.mutate(state))}
    >
      {state !== undefined && (
        <SelectField
          label="New state"
          hint={INCIDENT_WORDS[state].meaning}
          value={state}
          options={incident.allowedStates.map((value) => ({ value, label: INCIDENT_WORDS[value].label }))}
          onChange={(text) => setState(incident.allowedStates.find((value) => value === text))}
        />
      )}
      <TextArea label="Reason" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

export function ReportDialog({ onClose }: { readonly onClose: () => void }) {
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<Severity>(2);
  const [type, setType] = useState<IncidentType>("agent_runaway");
  const [agentId, setAgentId] = useState("");
  const [, navigate] = useLocation();
  const refusal = useRefusal("responder");
  const act = useAct(reportIncident, {
    stale: INCIDENT_STALE,
    onDone: (incident) => {
      onClose();
      navigate(`/incidents/${encodeURIComponent(incident.id)}`);
    },
  });
  return (
    <FormDialog
      title="Report an incident"
      description="For what no rule has found. It gets an id, clocks and a timeline at once."
      action="Report"
      refusal={refusal ?? tooShort(title, "what is wrong, with a title")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() =>
        act.mutate({
          title: title.trim(),
          severity,
          type,
          ...(agentId.trim() === "" ? {} : { agentId: agentId.trim() }),
        })
      }
    >
      <TextField
        label="What is wrong"
        value={title}
        maxLength={200}
        onChange={(event) => setTitle(event.target.value)}
      />
      <SeverityField value={severity} onChange={setSeverity} />
      <SelectField
        label="Type"
        value={type}
        options={INCIDENT_TYPES.map((value) => ({ value, label: sayName(value) }))}
        onChange={(text) => setType(INCIDENT_TYPES.find((value) => value === text) ?? type)}
      />
      <TextField
        label="Agent (when it is one)"
        value={agentId}
        autoCapitalize="off"
        onChange={(event) => setAgentId(event.target.value)}
      />
    </FormDialog>
  );
}
