import { Link } from "wouter";
import { type IncidentSummary, isSettled } from "@firebreak/protocol";
import { incidentPath } from "../navigation.ts";
import { INCIDENT_WORDS } from "../words.ts";
import { Ago, ClockPill, pressingClock, SeverityChip, StateBadge } from "./bits.tsx";

/** One incident in a list: how bad, what, in which state, and how long there is. The whole row is one link. */
export function IncidentRow({ incident }: { readonly incident: IncidentSummary }) {
  const clock = isSettled(incident.state) ? null : pressingClock(incident);
  return (
    <li className="row" data-severity={incident.severity}>
      <Link href={incidentPath(incident.id)} className="row-link" data-row="">
        <span className="row-severity">
          <SeverityChip severity={incident.severity} label={incident.severityLabel} />
        </span>
        <span className="row-main">
          <span className="row-title">{incident.title}</span>
          <span className="row-sub">
            <span className="number">{incident.id}</span>
            {incident.agentId && <span>agent {incident.agentId}</span>}
            {incident.pack && <span>pack {incident.pack}</span>}
            <span>
              opened <Ago at={incident.openedAt} />
            </span>
            <span>{incident.commander === null ? "nobody has it" : `with ${incident.commander}`}</span>
          </span>
        </span>
        <span className="row-state">
          <StateBadge word={INCIDENT_WORDS[incident.state]} />
          {clock && <ClockPill clock={clock} />}
        </span>
      </Link>
    </li>
  );
}
