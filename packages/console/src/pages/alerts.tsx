import { useQuery } from "@tanstack/react-query";
import type { AlertView, SilenceView } from "@firebreak/protocol";
import { acknowledgeAlert } from "../api/commands.ts";
import { alertsQuery, silencesQuery } from "../api/queries.ts";
import { AlertCard } from "../components/alert-card.tsx";
import { Ago } from "../components/bits.tsx";
import { FilterBar, type Filters, FilterSelect, Pager, useFilters } from "../components/filters.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useAct } from "../hooks/use-act.ts";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/fields.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";

const STATUS_OPTIONS = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];
const BECAME_OPTIONS = [
  { value: "", label: "Anything" },
  { value: "held", label: "Held back" },
  { value: "incident", label: "An incident" },
];

function LabelsField({ filters }: { readonly filters: Filters }) {
  const search = (text: string) => filters.set("match", text.trim());
  return (
    <TextField
      key={filters.get("match")}
      label="Labels"
      type="search"
      data-search=""
      placeholder={'team="db", host=~"web-.*"'}
      defaultValue={filters.get("match")}
      onBlur={(event) => search(event.target.value)}
      onKeyDown={(event) => (event.key === "Enter" ? search(event.currentTarget.value) : undefined)}
    />
  );
}

/** Conditions that name just this alert's kind: a person widens or narrows them before muting. */
function matchersOf({ labels }: AlertView): string {
  return ["alertname", "agent", "instance"]
    .flatMap((name) => (labels[name] === undefined ? [] : `${name}=${JSON.stringify(labels[name])}`))
    .join(", ");
}

function Actions({ alert }: { readonly alert: AlertView }) {
  const open = useDialogs();
  const refusal = useRefusal("responder");
  const take = useAct(() => acknowledgeAlert(alert.id), {
    stale: ["alerts", "incident"],
    done: "The alert is yours",
    inToast: true,
  });
  if (alert.status === "resolved") return null;
  return (
    <>
      {alert.acknowledgedAt === null && (
        <Button disabledReason={refusal} busy={take.isPending} onClick={() => take.mutate()}>
          Take it
        </Button>
      )}
      <Button disabledReason={refusal} onClick={() => open({ kind: "resolve-alert", alert })}>
        Resolve…
      </Button>
      <Button disabledReason={refusal} onClick={() => open({ kind: "silence", match: matchersOf(alert) })}>
        Silence alerts like it…
      </Button>
    </>
  );
}

function List({ alerts, next, filters }: { alerts: readonly AlertView[]; next: string | null; filters: Filters }) {
  return (
    <>
      <p className="sr-only" role="status">
        {count(alerts.length, "alert")} shown
      </p>
      {alerts.length === 0 ? (
        <Empty title="No alert matches" command="firebreak demo">
          Rules raise alerts, and senders report them. To see one, run the demo:
        </Empty>
      ) : (
        <ul className="rows panel">
          {alerts.map((alert) => (
            <AlertCard key={alert.id} alert={alert} withIncident actions={<Actions alert={alert} />} />
          ))}
        </ul>
      )}
      <Pager filters={filters} next={next} />
    </>
  );
}

const STATE_TONES = { active: "hold", waiting: "info", pending: "info", expired: "neutral" } as const;

function Silence({ silence }: { readonly silence: SilenceView }) {
  const open = useDialogs();
  const refusal = useRefusal("responder");
  return (
    <li className="row card-row" data-silence={silence.id}>
      <p className="hold-title">
        <Badge tone={STATE_TONES[silence.state]}>{silence.state}</Badge>
        <code className="wrap-anywhere">{silence.matchersText}</code>
        <span className="muted">{silence.kind === "maintenance" ? "maintenance window" : "silence"}</span>
      </p>
      <p className="hold-reason wrap-anywhere">{silence.reason}</p>
      <p className="row-sub">
        <span>of {silence.owner}</span>
        <span>
          ends <Ago at={silence.endsAt} />
        </span>
        {silence.weekly !== null && (
          <span>
            {silence.weekly.days.join(", ")} {silence.weekly.from} to {silence.weekly.to} {silence.weekly.timeZone}
          </span>
        )}
        <span>holds {count(silence.holding, "open alert")}</span>
        {silence.mutesContainment && <Badge tone="danger">Mutes containment</Badge>}
      </p>
      <div className="row-actions">
        <Button disabledReason={refusal} onClick={() => open({ kind: "expire", silence })}>
          End it…
        </Button>
      </div>
    </li>
  );
}

function Silences() {
  const query = useQuery(silencesQuery);
  return (
    <Loaded query={query} rows={2}>
      {(page) => (
        <Panel title="Silences and maintenance" icon="clock" aside={<span className="muted">{page.items.length}</span>}>
          {page.items.length === 0 ? (
            <Empty title="Nothing is muted">Mute what you know of while you work on it; it must have an end.</Empty>
          ) : (
            <ul className="rows">
              {page.items.map((silence) => (
                <Silence key={silence.id} silence={silence} />
              ))}
            </ul>
          )}
        </Panel>
      )}
    </Loaded>
  );
}

export function AlertsPage() {
  const filters = useFilters();
  const open = useDialogs();
  const refusal = useRefusal("responder");
  const query = useQuery(
    alertsQuery({
      status: filters.get("status", "open").replace(/^all$/, ""),
      disposition: filters.get("became"),
      match: filters.get("match"),
      after: filters.get("after"),
    }),
  );
  const mute = (
    <Button icon="clock" disabledReason={refusal} onClick={() => open({ kind: "silence" })}>
      Mute…
    </Button>
  );
  return (
    <Page title="Alerts" lead="What rules and senders say is wrong, and what became of it." actions={mute}>
      <FilterBar>
        <LabelsField filters={filters} />
        <FilterSelect filters={filters} name="status" label="Status" options={STATUS_OPTIONS} otherwise="open" />
        <FilterSelect filters={filters} name="became" label="Became" options={BECAME_OPTIONS} />
      </FilterBar>
      <Loaded query={query} rows={8}>
        {(page) => <List alerts={page.items} next={page.next} filters={filters} />}
      </Loaded>
      <Silences />
    </Page>
  );
}
