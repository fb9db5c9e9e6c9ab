import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { type IncidentSummary, INCIDENT_STATES, SEVERITY_NAMES } from "@firebreak/protocol";
import { incidentsQuery } from "../api/queries.ts";
import { SEVERITIES } from "../components/dialogs.tsx";
import { IncidentRow } from "../components/incident-row.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
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

/** The filters live in the URL, so that a view can be sent to somebody. */
function useFilters() {
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        if (name !== "after") next.delete("after");
        return next;
      },
      { replace: name === "q" },
    );
  return {
    state: params.get("state") ?? "open",
    severity: params.get("severity") ?? "",
    text: params.get("q") ?? "",
    after: params.get("after") ?? "",
    set,
  };
}

type Filters = ReturnType<typeof useFilters>;

function matches(incident: IncidentSummary, filters: Filters): boolean {
  const text = `${incident.id} ${incident.title} ${incident.agentId ?? ""} ${incident.pack ?? ""} ${incident.commander ?? ""}`;
  return text.toLowerCase().includes(filters.text.trim().toLowerCase());
}

function FilterBar({ filters }: { readonly filters: Filters }) {
  return (
    <div className="filters" role="search">
      <TextField
        label="Search"
        type="search"
        data-search=""
        placeholder="id, title, agent, person"
        value={filters.text}
        onChange={(event) => filters.set("q", event.target.value)}
        onKeyDown={(event) => (event.key === "Escape" ? filters.set("q", "") : undefined)}
      />
      <SelectField
        label="State"
        value={filters.state}
        options={STATE_OPTIONS}
        onChange={(value) => filters.set("state", value)}
      />
      <SelectField
        label="Severity"
        value={filters.severity}
        options={SEVERITY_OPTIONS}
        onChange={(value) => filters.set("severity", value)}
      />
    </div>
  );
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
          {filters.text === "" && filters.state === "open"
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
      <div className="pager">
        {filters.after !== "" && (
          <Button icon="back" onClick={() => filters.set("after", "")}>
            Newest
          </Button>
        )}
        {next !== null && <Button onClick={() => filters.set("after", next)}>Older</Button>}
      </div>
    </>
  );
}

export function IncidentsPage() {
  const filters = useFilters();
  const open = useDialogs();
  const refusal = useRefusal("responder");
  const query = useQuery(
    incidentsQuery({
      state: filters.state === "all" ? "" : filters.state,
      severity: filters.severity,
      after: filters.after,
    }),
  );
  const report = (
    <Button icon="incident" disabledReason={refusal} onClick={() => open({ kind: "report" })}>
      Report…
    </Button>
  );
  return (
    <Page title="Incidents" actions={report}>
      <FilterBar filters={filters} />
      <Loaded query={query} rows={8}>
        {(page) => <List incidents={page.items} next={page.next} filters={filters} />}
      </Loaded>
    </Page>
  );
}
