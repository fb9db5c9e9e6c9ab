import { useQuery } from "@tanstack/react-query";
import {
  IMPACT_SECTIONS,
  type ImpactSection,
  type ImpactStatement,
  type ImpactView,
  type IncidentDetail,
  type RegulatoryTrigger,
} from "@firebreak/protocol";
import { exportImpact, refreshImpact } from "../../api/commands.ts";
import { impactQuery } from "../../api/queries.ts";
import { Ago, At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { ExportForm } from "../../components/export-form.tsx";
import { Loaded } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Notice, Panel } from "../../ui/layout.tsx";
import { CERTAINTY_WORDS, count } from "../../words.ts";
import { ImpactGraph } from "./impact-graph.tsx";

const TITLES: Readonly<Record<ImpactSection, string>> = {
  dwell: "How long",
  blast_radius: "Who and what was involved",
  data: "Data touched",
  credentials: "Credentials",
  reach: "Systems and accounts reached",
  outflow: "What left, and where to",
  persistence: "What may stay behind",
  cost: "Cost",
};

function Basis({ statement }: { readonly statement: ImpactStatement }) {
  return (
    <details className="statement-basis">
      <summary>
        {statement.eventCount > 0 ? count(statement.eventCount, "event") : count(statement.links.length, "record")}
        <span className="sr-only"> behind: {statement.text}</span>
      </summary>
      <p className="muted">{statement.why}</p>
      <ul className="plain-list">
        {statement.events.map((event) => (
          <li key={event.ref} className="wrap-anywhere">
            <At at={event.at} /> <code>{event.id}</code>
          </li>
        ))}
        {statement.links.map((link) => (
          <li key={`${link.kind} ${link.id}`} className="wrap-anywhere">
            {link.kind} <code>{link.id}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Statement({ statement }: { readonly statement: ImpactStatement }) {
  return (
    <li className="row card-row statement" data-certainty={statement.certainty}>
      <p className="hold-title">
        <StateBadge word={CERTAINTY_WORDS[statement.certainty]} />
        {statement.classes.map((one) => (
          <Badge key={one} tone="danger">
            {one}
          </Badge>
        ))}
        <span className="wrap-anywhere">{statement.text}</span>
      </p>
      <Basis statement={statement} />
    </li>
  );
}

function Duty({ trigger }: { readonly trigger: RegulatoryTrigger }) {
  return (
    <li className="row card-row">
      <p className="hold-title">
        <strong>{trigger.regime}</strong>
        {trigger.dueAt === null ? (
          <span className="muted">no number of hours is named</span>
        ) : (
          <span>
            due <At at={trigger.dueAt} withDay /> (<Ago at={trigger.dueAt} />)
          </span>
        )}
      </p>
      <p>{trigger.duty}</p>
      <p className="row-sub">
        {/* how sure the fact is: beside the regime it would read as if the duty were observed */}
        <span>
          Fact: {trigger.fact} <StateBadge word={CERTAINTY_WORDS[trigger.certainty]} />
        </span>
        <span>{count(trigger.statements.length, "statement")} behind it</span>
        <span>
          counted from <At at={trigger.clockStart} withDay />, {trigger.clockFrom}
        </span>
      </p>
    </li>
  );
}

function Duties({ regulatory }: { readonly regulatory: readonly RegulatoryTrigger[] }) {
  if (regulatory.length === 0) return null;
  return (
    <Panel title="Duties that may have arisen" icon="warn" tone="accent">
      <p className="panel-note">
        Suggestions for a lawyer, no legal advice. That none is suggested does not mean that there is none.
      </p>
      <ul className="rows">
        {regulatory.map((trigger) => (
          <Duty key={trigger.id} trigger={trigger} />
        ))}
      </ul>
    </Panel>
  );
}

function Findings({ impact }: { readonly impact: ImpactView }) {
  const sections = IMPACT_SECTIONS.map((section) => ({
    section,
    statements: impact.statements.filter((statement) => statement.section === section),
  })).filter(({ statements }) => statements.length > 0);
  return (
    <>
      {sections.length === 0 && (
        <Empty title="Nothing can be stated">No event or record says anything of the damage.</Empty>
      )}
      {sections.map(({ section, statements }) => (
        <Panel key={section} title={TITLES[section]}>
          {section === "reach" && <ImpactGraph graph={impact.graph} />}
          <ul className="rows">
            {statements.map((statement) => (
              <Statement key={statement.id} statement={statement} />
            ))}
          </ul>
        </Panel>
      ))}
    </>
  );
}

/** What the incident did, each sentence with how sure it is and what it rests on. */
export function ImpactTab({ incident }: { readonly incident: IncidentDetail }) {
  const query = useQuery(impactQuery(incident.id));
  const refusal = useRefusal("responder");
  const refresh = useAct(() => refreshImpact(incident.id), { stale: ["impact"], inToast: true, done: "Computed anew" });
  const button = (
    <Button icon="retry" busy={refresh.isPending} disabledReason={refusal} onClick={() => refresh.mutate()}>
      Compute now
    </Button>
  );
  return (
    <Loaded query={query} rows={8}>
      {(impact) =>
        impact === null ? (
          <div className="empty-with-action">
            <Empty title="Not computed yet">
              The server does it by itself a minute after the incident’s events came.
            </Empty>
            {button}
            <ProblemNotice error={refresh.error} />
          </div>
        ) : (
          <div className="stack">
            <div className="row-sub impact-head">
              <span>
                Version {impact.version}, computed <Ago at={impact.computedAt} />
              </span>
              <span>{count(impact.eventsRead, "event")} read</span>
              {button}
            </div>
            {impact.limits.length > 0 && (
              <Notice tone="info" title="Not in it">
                <ul className="plain-list">
                  {impact.limits.map((limit) => (
                    <li key={limit}>{limit}</li>
                  ))}
                </ul>
              </Notice>
            )}
            <Duties regulatory={impact.regulatory} />
            <Findings impact={impact} />
            <ExportForm what="impact" act={(format) => exportImpact(incident.id, format)} />
          </div>
        )
      }
    </Loaded>
  );
}
