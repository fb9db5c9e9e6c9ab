import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { groupHolds } from "@firebreak/protocol";
import type { Overview } from "@firebreak/protocol";
import { overviewQuery } from "../api/queries.ts";
import { pressingClock } from "../components/bits.tsx";
import { HoldList } from "../components/hold-list.tsx";
import { IncidentRow } from "../components/incident-row.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useNow } from "../hooks/use-now.ts";
import { localPath } from "../navigation.ts";
import { readClock } from "../time.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Inline, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";

/** How many rows stand on the overview before the list takes over. */
const ROWS_MAX = 8;

function useBreaches(overview: Overview): number {
  const nowMs = useNow();
  return overview.openIncidents.filter((incident) => {
    const clock = pressingClock(incident);
    return clock !== null && readClock(clock, nowMs).state === "breached";
  }).length;
}

const HEADLINE_ICONS = { danger: "incident", warn: "warn", hold: "stop", ok: "shield" } as const;

/** The whole state in one sentence. */
function Headline({ overview }: { readonly overview: Overview }) {
  const breaches = useBreaches(overview);
  const wrong = overview.openIncidents.length;
  const stopped = groupHolds(overview.holds).length;
  const faults = overview.failedDeliveries + overview.ruleErrors.length;
  const { lost } = overview.agents;
  const first = overview.nextSteps[0];
  const tone = wrong > 0 ? "danger" : lost + faults > 0 ? "warn" : stopped > 0 ? "hold" : "ok";
  const parts = [
    wrong > 0 ? `${count(wrong, "incident")} open` : lost + faults > 0 ? "No incident is open" : "Nothing is wrong",
    ...(breaches > 0 ? [`${breaches} past ${breaches === 1 ? "its" : "their"} time`] : []),
    ...(lost > 0 ? [`${count(lost, "agent")} lost`] : []),
    ...(faults > 0 && wrong === 0 ? [`${count(faults, "fault")} of Firebreak itself`] : []),
    stopped === 0 ? "nothing is stopped" : `${count(stopped, "stop")} in force`,
  ];
  return (
    <div className={`headline tone-${tone}`} data-headline="">
      <Icon name={HEADLINE_ICONS[tone]} size={20} />
      <p>{parts.join(" · ")}</p>
      {first && (
        <Link href={localPath(first.href)} className="headline-next">
          <span className="headline-text">
            Next: <Inline text={first.text} />
          </span>
          <Icon name="arrow" />
        </Link>
      )}
    </div>
  );
}

function Wrong({ overview }: { readonly overview: Overview }) {
  const { openIncidents: incidents } = overview;
  return (
    <Panel title="What is wrong" icon="incident" tone="danger" aside={<Link href="/incidents">All incidents</Link>}>
      {incidents.length === 0 ? (
        <NothingWrong overview={overview} />
      ) : (
        <ul className="rows">
          {incidents.slice(0, ROWS_MAX).map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {incidents.length > ROWS_MAX && (
        <p className="panel-foot">
          <Link href="/incidents?state=open">{count(incidents.length - ROWS_MAX, "more open incident")}</Link>
        </p>
      )}
      <Faults overview={overview} />
    </Panel>
  );
}

function NothingWrong({ overview }: { readonly overview: Overview }) {
  if (overview.agents.total > 0) {
    return <Empty title="No open incident">{`${count(overview.eventsLastHour, "event")} in the last hour.`}</Empty>;
  }
  return (
    <Empty title="No agent has reported yet" command={"firebreak run --agent scout -- CMD\nfirebreak demo"}>
      Put an agent under supervision, or watch a rogue one being caught:
    </Empty>
  );
}

function Stopped({ overview }: { readonly overview: Overview }) {
  const open = useDialogs();
  return (
    <Panel title="What is stopped" icon="stop" tone="hold" aside={<Link href="/killswitch">Kill switch</Link>}>
      {overview.holds.length === 0 ? (
        <div className="empty-with-action">
          <Empty title="Nothing is stopped">Every agent may act within its rules.</Empty>
          <Button kind="danger" icon="stop" onClick={() => open({ kind: "stop" })}>
            Stop…
          </Button>
        </div>
      ) : (
        <HoldList holds={overview.holds} />
      )}
    </Panel>
  );
}

function Next({ overview }: { readonly overview: Overview }) {
  return (
    <Panel title="What to do next" icon="arrow" tone="accent">
      {overview.nextSteps.length === 0 ? (
        <Empty title="Nothing waits for you">What needs a person will stand here, most urgent first.</Empty>
      ) : (
        <ol className="next-steps">
          {overview.nextSteps.map((step) => (
            <li key={`${step.href} ${step.text}`}>
              <Link href={localPath(step.href)} className="next-step" data-row="">
                <span className="next-text">
                  <Inline text={step.text} />
                </span>
                <Icon name="arrow" />
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** What is wrong with Firebreak itself: it may not watch, or not tell. */
function Faults({ overview }: { readonly overview: Overview }) {
  const broken = overview.ruleErrors[0];
  const inDelivery = overview.failedDeliveries > 0;
  if (!inDelivery && broken === undefined) return null;
  return (
    <ul className="faults">
      {inDelivery && (
        <li className="fault">
          <Icon name="mail" />
          <span>
            <strong>{count(overview.failedDeliveries, "notification")} not delivered.</strong> Somebody may not know;
            the incident’s communications say why.
          </span>
        </li>
      )}
      {broken && (
        <li className="fault">
          <Icon name="rules" />
          <span>
            <strong>
              {count(overview.ruleErrors.length, "rule file")} cannot be read, so those rules do not watch.
            </strong>{" "}
            <Link href="/rules">
              {broken.file}, line {broken.line}
            </Link>
          </span>
        </li>
      )}
    </ul>
  );
}

function Numbers({ overview }: { readonly overview: Overview }) {
  const numbers = [
    { label: "agents running", value: overview.agents.running },
    { label: "frozen", value: overview.agents.frozen },
    { label: "lost", value: overview.agents.lost },
    { label: "known", value: overview.agents.total },
    { label: "open alerts", value: overview.openAlerts },
    { label: "events in the last hour", value: overview.eventsLastHour },
  ];
  return (
    <dl className="numbers">
      {numbers.map(({ label, value }) => (
        <div key={label} className="number-cell">
          <dt>{label}</dt>
          <dd>{value.toLocaleString("en")}</dd>
        </div>
      ))}
    </dl>
  );
}

export function OverviewPage() {
  const query = useQuery(overviewQuery);
  return (
    <Page title="Overview">
      <Loaded query={query} rows={8}>
        {(overview) => (
          <>
            <Headline overview={overview} />
            <div className="overview-grid">
              <Wrong overview={overview} />
              <div className="overview-side">
                <Next overview={overview} />
                <Stopped overview={overview} />
              </div>
            </div>
            <Numbers overview={overview} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
