import { canTransition, type ClockView, type IncidentDetail, type IncidentState, isSettled } from "@firebreak/protocol";
import { SeverityChip, StateBadge } from "../../components/bits.tsx";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { useNow } from "../../hooks/use-now.ts";
import { formatUtc, readClock } from "../../time.ts";
import { Button, type ButtonKind } from "../../ui/button.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { isStopUnproved, nextStepOf } from "./next-step.ts";
import { Now } from "./now.tsx";
import { CLOCK_WORDS, INCIDENT_WORDS } from "../../words.ts";

interface IncidentAction {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly kind: ButtonKind;
  readonly keys?: string;
  readonly disabledReason: string | null;
  /** it is behind the incident, so that a button for it would only be in the way */
  readonly isPast?: boolean;
  readonly run: () => void;
}

function acknowledgeReason(incident: IncidentDetail): string | null {
  if (incident.acknowledgedAt !== null) return `${incident.commander ?? "Somebody"} has it already.`;
  return isSettled(incident.state)
    ? `It is ${INCIDENT_WORDS[incident.state].label.toLowerCase()}; nobody needs to take it.`
    : null;
}

function resolveReason(incident: IncidentDetail): string | null {
  if (canTransition(incident.state, "resolved")) return null;
  return `From ${INCIDENT_WORDS[incident.state].label.toLowerCase()} it cannot be resolved.`;
}

/** The one act that what comes next names, if it names one: it alone is a filled button. */
function firstActOf(incident: IncidentDetail): "stop" | "acknowledge" | "resolve" | null {
  const isOver = isSettled(incident.state);
  if (!isOver && isStopUnproved(incident.stops)) return "stop";
  const way = nextStepOf(incident)?.way;
  if (way === "stop" || way === "acknowledge") return way;
  return incident.state === "recovering" ? "resolve" : null;
}

/** Everything a person can do to the incident, once: buttons, keys and palette read the same list. */
export function useIncidentActions(incident: IncidentDetail): readonly IncidentAction[] {
  const open = useDialogs();
  const first = firstActOf(incident);
  const responder = useRefusal("responder");
  const commander = useRefusal("commander");
  const { agentId: agent, id: incidentId } = incident;
  return [
    {
      id: "stop",
      label: agent === null ? "Stop…" : `Stop ${agent}…`,
      icon: "stop",
      kind: first === "stop" ? "danger" : "danger-plain",
      keys: "s",
      disabledReason: responder,
      run: () =>
        open({
          kind: "stop",
          incidentId,
          reason: incident.title,
          ...(agent === null ? {} : { scope: "agent", target: agent }),
        }),
    },
    {
      id: "acknowledge",
      label: "Acknowledge",
      icon: "person",
      kind: first === "acknowledge" ? "primary" : "plain",
      keys: "a",
      disabledReason: responder ?? acknowledgeReason(incident),
      isPast: incident.acknowledgedAt !== null || isSettled(incident.state),
      run: () => open({ kind: "acknowledge", incident }),
    },
    {
      id: "resolve",
      label: "Resolve…",
      icon: "check",
      kind: first === "resolve" ? "primary" : "plain",
      keys: "r",
      disabledReason: responder ?? resolveReason(incident),
      isPast: isSettled(incident.state),
      run: () => open({ kind: "resolve", incident }),
    },
    {
      id: "state",
      label: "Set state…",
      icon: "arrow",
      kind: "plain",
      disabledReason:
        responder ?? (incident.allowedStates.length === 0 ? "From here no other state can be reached." : null),
      run: () => open({ kind: "state", incident }),
    },
    {
      id: "severity",
      label: "Severity…",
      icon: "warn",
      kind: "plain",
      disabledReason: commander,
      run: () => open({ kind: "severity", incident }),
    },
  ];
}

const STEPS = [
  "detected",
  "triaged",
  "contained",
  "eradicated",
  "recovering",
  "resolved",
  "reviewed",
  "closed",
] as const satisfies readonly IncidentState[];

function stepTimes(incident: IncidentDetail): Partial<Record<IncidentState, string | null>> {
  return {
    detected: incident.detectedAt,
    triaged: incident.acknowledgedAt,
    contained: incident.containedAt,
    resolved: incident.resolvedAt,
    reviewed: incident.closedAt,
    closed: incident.closedAt,
  };
}

/** The way of an incident with the place it is at. Only a state that has a time is shown as done: the rest may have been skipped. */
function Stepper({ incident }: { readonly incident: IncidentDetail }) {
  const here = STEPS.findIndex((step) => step === incident.state);
  const times = stepTimes(incident);
  if (here === -1) return <StateBadge word={INCIDENT_WORDS[incident.state]} />;
  return (
    <ol className="stepper" aria-label="State">
      {STEPS.map((step, index) => {
        const at = times[step] ?? null;
        const place = index === here ? "now" : index < here ? (at === null ? "passed" : "done") : "ahead";
        return (
          <li
            key={step}
            className="step"
            data-place={place}
            aria-current={place === "now" ? "step" : undefined}
            title={at ? formatUtc(Date.parse(at)) : INCIDENT_WORDS[step].meaning}
          >
            <span className="step-mark" aria-hidden="true">
              {place === "done" && <Icon name="check" size={10} />}
            </span>
            <span className="step-label">{INCIDENT_WORDS[step].label}</span>
            {place === "done" && <span className="sr-only"> (done)</span>}
          </li>
        );
      })}
    </ol>
  );
}

function ClockCard({ clock }: { readonly clock: ClockView }) {
  const nowMs = useNow();
  const reading = readClock(clock, nowMs);
  const due = Date.parse(clock.dueAt);
  return (
    <div className="clock" data-clock={clock.kind} data-state={reading.state} title={`Due ${formatUtc(due)}`}>
      <dt>{CLOCK_WORDS[clock.kind]}</dt>
      <dd>
        <span className="clock-text">
          {(reading.state === "breached" || reading.state === "missed") && <Icon name="warn" size={14} />}
          {reading.state === "met" && <Icon name="check" size={14} />}
          {reading.text}
        </span>
        <span className="clock-bar" aria-hidden="true">
          <span className="clock-fill" style={{ inlineSize: `${Math.round(reading.elapsed * 100)}%` }} />
        </span>
      </dd>
    </div>
  );
}

export function IncidentHeader({ incident }: { readonly incident: IncidentDetail }) {
  const shown = useIncidentActions(incident).filter(({ isPast }) => isPast !== true);
  return (
    <header className="incident-head">
      <div className="incident-line">
        <span className="incident-id number">{incident.id}</span>
        <SeverityChip severity={incident.severity} label={incident.severityLabel} />
        <span className="commander">
          <Icon name="person" size={14} />{" "}
          {incident.commander === null ? "Nobody has it" : `Commander ${incident.commander}`}
        </span>
      </div>
      <h1>{incident.title}</h1>
      <Now incident={incident} />
      <div className="incident-actions">
        {shown.map((action) => (
          <Button
            key={action.id}
            kind={action.kind}
            icon={action.icon}
            disabledReason={action.disabledReason}
            onClick={action.run}
            title={action.keys ? `${action.label} (${action.keys})` : undefined}
          >
            {action.label}
          </Button>
        ))}
      </div>
      <Stepper incident={incident} />
      <dl className="clocks" aria-label="Clocks">
        {incident.clocks.map((clock) => (
          <ClockCard key={clock.kind} clock={clock} />
        ))}
      </dl>
    </header>
  );
}
