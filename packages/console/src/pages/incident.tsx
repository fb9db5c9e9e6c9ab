import { useQuery } from "@tanstack/react-query";
import { DetailPage } from "../components/detail-page.tsx";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import type { IncidentDetail } from "@firebreak/protocol";
import { incidentQuery } from "../api/queries.ts";
import { useCommands } from "../hooks/use-commands.ts";
import { type Tab, Tabs } from "../ui/tabs.tsx";
import { ActionsTab } from "./incident/actions.tsx";
import { AlertsTab } from "./incident/alerts.tsx";
import { CommunicationsTab } from "./incident/communications.tsx";
import { Details } from "./incident/details.tsx";
import { EvidenceTab } from "./incident/evidence.tsx";
import { IncidentHeader, useIncidentActions } from "./incident/header.tsx";
import { ImpactTab } from "./incident/impact.tsx";
import { ReviewTab } from "./incident/review.tsx";
import { Storm } from "./incident/storm.tsx";
import { Timeline } from "./incident/timeline.tsx";

function tabsOf(incident: IncidentDetail): readonly Tab[] {
  const waiting = incident.runs.some((run) => run.state === "waiting");
  const failed = incident.deliveries.some((delivery) => delivery.state === "failed");
  return [
    {
      id: "timeline",
      label: "Timeline",
      content: <TimelineTab incident={incident} />,
    },
    { id: "impact", label: "Impact", content: <ImpactTab incident={incident} /> },
    { id: "alerts", label: "Alerts", amount: incident.alerts.length, content: <AlertsTab alerts={incident.alerts} /> },
    {
      id: "evidence",
      label: "Evidence",
      amount: incident.evidence.length,
      content: <EvidenceTab evidence={incident.evidence} />,
    },
    {
      id: "actions",
      label: "Actions",
      amount: incident.runs.length + incident.stops.length,
      attention: waiting ? "A step waits for a person" : undefined,
      content: <ActionsTab incident={incident} />,
    },
    {
      id: "communications",
      label: "Communications",
      amount: incident.deliveries.length,
      attention: failed ? "A notification failed" : undefined,
      content: <CommunicationsTab deliveries={incident.deliveries} />,
    },
    { id: "review", label: "Review", content: <ReviewTab incident={incident} /> },
  ];
}

function TimelineTab({ incident }: { readonly incident: IncidentDetail }) {
  return (
    <>
      {incident.storm && <Storm id={incident.id} storm={incident.storm} />}
      <div className="incident-columns">
        <Timeline incident={incident} />
        <Details incident={incident} />
      </div>
    </>
  );
}

/** The page's own commands: every act of the header, by key and in the palette. */
function useIncidentCommands(incident: IncidentDetail): void {
  const actions = useIncidentActions(incident);
  useCommands(
    actions.map((action) => ({
      id: `incident:${action.id}`,
      title: `${action.label} (${incident.id})`,
      group: "This incident",
      ...(action.keys === undefined ? {} : { keys: action.keys }),
      disabledReason: action.disabledReason,
      run: action.run,
    })),
  );
}

function Content({ incident }: { readonly incident: IncidentDetail }) {
  const [params, setParams] = useSearchParams();
  const tabs = useMemo(() => tabsOf(incident), [incident]);
  const tab = tabs.find((candidate) => candidate.id === params.get("tab"))?.id ?? "timeline";
  useIncidentCommands(incident);
  return (
    <>
      <IncidentHeader incident={incident} />
      <Tabs
        label="Parts of the incident"
        tabs={tabs}
        value={tab}
        onChange={(id) => setParams(id === "timeline" ? {} : { tab: id }, { replace: true })}
      />
    </>
  );
}

export function IncidentPage({ id }: { readonly id: string }) {
  const query = useQuery(incidentQuery(id));
  return (
    <DetailPage
      query={query}
      name={id}
      tabTitle={(incident) => `${incident.id} ${incident.title}`}
      back={{ href: "/incidents", label: "Incidents" }}
    >
      {(incident) => <Content incident={incident} />}
    </DetailPage>
  );
}
