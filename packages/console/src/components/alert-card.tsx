import type { AlertView, StageDecision } from "@firebreak/protocol";
import { explainDecision } from "@firebreak/protocol";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useNow } from "../hooks/use-now.ts";
import { explorerPath, incidentPath, rulePath, sessionPath } from "../navigation.ts";
import { formatLocal } from "../time.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { count } from "../words.ts";
import { Ago, At, SeverityChip } from "./bits.tsx";

const EVENTS_MAX = 20;
const REVEALS_MAX = 5;

function StatusBadge({ alert }: { readonly alert: AlertView }) {
  if (alert.status === "resolved") return <Badge tone="ok">Resolved</Badge>;
  if (alert.staleSince !== null)
    return (
      <Badge tone="warn" title="Its sender has not spoken of it again in time; it may be over.">
        Stale
      </Badge>
    );
  return <Badge tone="danger">Open</Badge>;
}

function Labels({ labels }: Pick<AlertView, "labels">) {
  return (
    <p className="row-sub">
      {Object.entries(labels).map(([name, value]) => (
        <code key={name} className="wrap-anywhere">
          {name}={JSON.stringify(value)}
        </code>
      ))}
    </p>
  );
}

/** How a decision reads here and now: its times are local. */
function useExplain(): (decision: StageDecision) => string {
  const nowMs = useNow();
  return (decision) => explainDecision(decision, (iso) => formatLocal(Date.parse(iso), nowMs));
}

/** Why it became what it became: every stage, in order. */
function Decision({ alert }: { readonly alert: AlertView }) {
  const explain = useExplain();
  return (
    <details>
      <summary>Why it became so</summary>
      <ol className="decision">
        {alert.decision.map((decision) => (
          <li key={decision.stage}>
            <strong>{decision.stage}</strong> <span className="wrap-anywhere">{explain(decision)}</span>
          </li>
        ))}
      </ol>
      {alert.notes.map((note) => (
        <p key={note} className="muted wrap-anywhere">
          {note}
        </p>
      ))}
    </details>
  );
}

/** Where its text holds a token of the redaction: the events in which the value may have been kept. */
function Redacted({ alert }: { readonly alert: AlertView }) {
  const open = useDialogs();
  if (!`${alert.sentence} ${JSON.stringify(alert.detail)}`.includes("REDACTED")) return null;
  return (
    <div className="row-actions">
      {alert.eventIds.slice(0, REVEALS_MAX).map((eventId) => (
        <Button key={eventId} kind="quiet" onClick={() => open({ kind: "reveal", eventId })}>
          {`Reveal in ${eventId}…`}
        </Button>
      ))}
    </div>
  );
}

function Seen({ alert }: { readonly alert: AlertView }) {
  const events = alert.eventIds.length === 0 ? "" : ` (${count(alert.eventIds.length, "event")})`;
  return (
    <details>
      <summary>
        {alert.ruleId === null ? "What was sent" : "What it saw"}
        {events}
      </summary>
      <Labels labels={alert.labels} />
      <pre className="data">{JSON.stringify(alert.detail, null, 2) ?? "nothing"}</pre>
      <p className="muted wrap-anywhere">
        {alert.eventIds.slice(0, EVENTS_MAX).join(" ")}
        {alert.eventIds.length > EVENTS_MAX && " …"}
      </p>
      <Redacted alert={alert} />
    </details>
  );
}

interface AlertCardProps {
  readonly alert: AlertView;
  /** leads to the incident; left out on the incident's own page */
  readonly withIncident?: boolean;
  readonly actions?: ReactNode;
}

export function AlertCard({ alert, withIncident = false, actions }: AlertCardProps) {
  const explain = useExplain();
  const last = alert.decision.at(-1);
  return (
    <li className="row card-row" data-alert={alert.id}>
      <p className="hold-title">
        <SeverityChip severity={alert.severity} label={alert.severityLabel} />
        <strong className="wrap-anywhere">{alert.title}</strong>
        <StatusBadge alert={alert} />
        {alert.acknowledgedBy !== null && <Badge tone="info">With {alert.acknowledgedBy.name}</Badge>}
        {alert.disposition === "held" && last !== undefined && (
          <Badge tone="hold" title={explain(last)}>
            Held
          </Badge>
        )}
      </p>
      <p className="alert-why">{alert.sentence}</p>
      {alert.disposition === "held" && last !== undefined && <p className="alert-why">{explain(last)}</p>}
      <p className="row-sub">
        <span>{count(alert.occurrences, "time")}</span>
        <span>
          first <At at={alert.firstEventAt} />
        </span>
        <span>
          last <Ago at={alert.lastEventAt} />
        </span>
        {alert.agentId && <span>agent {alert.agentId}</span>}
        {alert.ruleId !== null && (
          <Link
            href={explorerPath({
              rule: alert.ruleId,
              ...(alert.agentId === null ? {} : { agent: alert.agentId }),
              range: "10080",
            })}
          >
            its events
          </Link>
        )}
        {alert.sessionId !== null && <Link href={sessionPath(alert.sessionId)}>session replay</Link>}
        <span>
          {alert.ruleId === null ? "from " : "rule "}
          {alert.ruleId === null ? (
            <code className="wrap-anywhere">{alert.source}</code>
          ) : (
            <Link href={rulePath(alert.ruleId)} className="wrap-anywhere">
              {alert.ruleId}
            </Link>
          )}
        </span>
        {withIncident && alert.incidentId !== null && (
          <Link href={incidentPath(alert.incidentId)}>{alert.incidentId}</Link>
        )}
      </p>
      <Decision alert={alert} />
      <Seen alert={alert} />
      {actions !== undefined && <div className="row-actions">{actions}</div>}
    </li>
  );
}
