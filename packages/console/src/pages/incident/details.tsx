import type { IncidentDetail } from "@firebreak/protocol";
import { Link } from "wouter";
import { Ago, At } from "../../components/bits.tsx";
import { HoldList } from "../../components/hold-list.tsx";
import { sessionPath } from "../../navigation.ts";
import { zoneHere } from "../../time.ts";
import { type Fact, Facts, Panel } from "../../ui/layout.tsx";
import { sayName } from "../../words.ts";

function SessionLink({ id }: { readonly id: string }) {
  return (
    <Link href={sessionPath(id)} className="wrap-anywhere">
      {id}
    </Link>
  );
}

function factsOf(incident: IncidentDetail): readonly Fact[] {
  const times: readonly (readonly [string, string | null])[] = [
    ["Began", incident.beganAt],
    ["Detected", incident.detectedAt],
    ["Acknowledged", incident.acknowledgedAt],
    ["Contained", incident.containedAt],
    ["Resolved", incident.resolvedAt],
    ["Closed", incident.closedAt],
  ];
  const agent = incident.agentId;
  return [
    { label: "Type", value: sayName(incident.type) },
    {
      label: "Agent",
      value: agent === null ? "none" : <Link href={`/agents?q=${encodeURIComponent(agent)}`}>{agent}</Link>,
    },
    { label: "Pack", value: incident.pack ?? "none" },
    ...(incident.sessionId === null ? [] : [{ label: "Session", value: <SessionLink id={incident.sessionId} /> }]),
    { label: "Profile", value: incident.profile },
    ...times.flatMap(([label, at]) => (at === null ? [] : [{ label, value: <At at={at} /> }])),
    { label: "Changed", value: <Ago at={incident.updatedAt} /> },
    { label: "Times in", value: zoneHere() },
  ];
}

export function Details({ incident }: { readonly incident: IncidentDetail }) {
  return (
    <aside className="stack" aria-label="Details">
      {incident.holds.length > 0 && (
        <Panel title="Stopped by this incident" icon="stop" tone="hold">
          <HoldList holds={incident.holds} />
        </Panel>
      )}
      <Panel title="Details" icon="note">
        <div className="panel-body">
          {incident.summary && <p className="prewrap">{incident.summary}</p>}
          <Facts facts={factsOf(incident)} />
          {incident.rootCause && (
            <>
              <h3>Root cause</h3>
              <p className="prewrap">{incident.rootCause}</p>
            </>
          )}
        </div>
      </Panel>
    </aside>
  );
}
