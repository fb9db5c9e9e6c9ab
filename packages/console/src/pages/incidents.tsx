import { useQuery } from "@tanstack/react-query";
import { type IncidentSummary, INCIDENT_STATES, SEVERITY_NAMES } from "@firebreak/protocol";
import { incidentsQuery } from "../api/queries.ts";
import { SEVERITIES } from "../components/dialogs.tsx";
import { FilterBar, type Filters, FilterSelect, Pager, SearchField, useFilters } from "../components/filters.tsx";
import { IncidentRow } from "../components/incident-row.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/layout.tsx";
import { count, INCIDENT_WORDS } from "../words.ts";

const STATE_OPTIONS = [
  { value: "open", label: "Open" },
  { value: "all", label: "All" },
  ...INCIDENT_STATES.map((state) => ({ value: state, label: INCIDENT_WORDS[state].label })),
];

const SEVERITY_OPTIONS = [
  { value: "", label: "Any" },
  ...SEVERITIES.map((severity) => ({ value: String(severity), label: `${severity} ${SEVERITY_NAMES[severity]}` })),
];

function matches(incident: IncidentSummary, filters: Filters): boolean {
  const text = `${incident.id} ${incident.title} ${incident.agentId ?? ""} ${incident.pack ?? ""} ${incident.commander ?? ""}`;
  return text.toLowerCase().includes(filters.get("q").trim().toLowerCase());
}

interface ListProps {
  readonly incidents: readonly IncidentSummary[];
  readonly next: string | null;
  readonly filters: Filters;
}

function List({ incidents, next, filters }: ListProps) {
  const shown = incidents.filter((incident) => matches(incident, filters));
  return (
    <>
      <p className="sr-only" role="status">
        {count(shown.length, "incident")} shown
      </p>
      {shown.length === 0 ? (
        <Empty title="No incident matches" command="firebreak demo">
          {filters.get("q") === "" && filters.get("state", "open") === "open"
            ? "Nothing needs you. To see one from alert to review, run the demo:"
            : "Clear the filters to see the rest, or make one with the demo:"}
        </Empty>
      ) : (
        <ul className="rows panel">
          {shown.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      <Pager filters={filters} next={next} />
    </>
  );
}

export function IncidentsPage() {
  const filters = useFilters();
  const open = useDialogs();
  const refusal = useRefusal("responder");
  const query = useQuery(
    incidentsQuery({
      state: filters.get("state", "open").replace(/^all$/, ""),
      severity: filters.get("severity"),
      after: filters.get("after"),
    }),
  );
  const report = (
    <Button icon="incident" disabledReason={refusal} onClick={() => open({ kind: "report" })}>
      Report…
    </Button>
  );
  return (
    <Page title="Incidents" actions={report}>
      <FilterBar>
        <SearchField filters={filters} placeholder="id, title, agent, person" />
        <FilterSelect filters={filters} name="state" label="State" options={STATE_OPTIONS} otherwise="open" />
        <FilterSelect filters={filters} name="severity" label="Severity" options={SEVERITY_OPTIONS} />
      </FilterBar>
      <Loaded query={query} rows={8}>
        {(page) => <List incidents={page.items} next={page.next} filters={filters} />}
      </Loaded>
    </Page>
  );
}
