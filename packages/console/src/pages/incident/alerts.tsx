import type { AlertView } from "@firebreak/protocol";
import { Ago, At, SeverityChip } from "../../components/bits.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Empty } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

const EVENTS_MAX = 20;

function Alert({ alert }: { readonly alert: AlertView }) {
  return (
    <li className="row card-row">
      <p className="hold-title">
        <SeverityChip severity={alert.severity} label={alert.severityLabel} />
        <strong className="wrap-anywhere">{alert.title}</strong>
        {alert.status === "open" ? <Badge tone="danger">Open</Badge> : <Badge tone="ok">Resolved</Badge>}
      </p>
      <p className="alert-why">{alert.sentence}</p>
      <p className="row-sub">
        <span>{count(alert.occurrences, "time")}</span>
        <span>
          first <At at={alert.firstEventAt} />
        </span>
        <span>
          last <Ago at={alert.lastEventAt} />
        </span>
        {alert.agentId && <span>agent {alert.agentId}</span>}
        <span>
          {alert.ruleId === null ? "from " : "rule "}
          <code className="wrap-anywhere">{alert.ruleId ?? alert.source}</code>
        </span>
      </p>
      <details>
        <summary>What it saw ({count(alert.eventIds.length, "event")})</summary>
        <pre className="data">{JSON.stringify(alert.detail, null, 2) ?? "nothing"}</pre>
        <p className="muted wrap-anywhere">
          {alert.eventIds.slice(0, EVENTS_MAX).join(" ")}
          {alert.eventIds.length > EVENTS_MAX && " …"}
        </p>
      </details>
    </li>
  );
}

export function AlertsTab({ alerts }: { readonly alerts: readonly AlertView[] }) {
  if (alerts.length === 0)
    return (
      <Empty title="No alert belongs to it">
        A person reported this incident; a rule that fires for the same agent will join it.
      </Empty>
    );
  return (
    <ul className="rows panel">
      {alerts.map((alert) => (
        <Alert key={alert.id} alert={alert} />
      ))}
    </ul>
  );
}
