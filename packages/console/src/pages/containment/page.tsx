import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { ContainmentRuleView, ContainmentView, ReactionView } from "@firebreak/protocol";
import { containmentQuery, reactionsQuery } from "../../api/queries.ts";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { incidentPath } from "../../navigation.ts";
import { Empty, Facts, Notice, Panel } from "../../ui/layout.tsx";
import { MODE_WORDS, RAIL_WORDS, REACTION_WORDS } from "../../words.ts";
import { ResourceGuard } from "./resource-guard.tsx";

function RuleRow({ rule }: { readonly rule: ContainmentRuleView }) {
  const { acted, asked, held, observed, failed } = rule.counts;
  const done = [
    ...(acted > 0 ? [`acted ${acted}×`] : []),
    ...(asked > 0 ? [`asked ${asked}×`] : []),
    ...(held > 0 ? [`held back ${held}×`] : []),
    ...(observed > 0 ? [`would have acted ${observed}×`] : []),
    ...(failed > 0 ? [`failed ${failed}×`] : []),
  ];
  return (
    <li className="row act-row" data-row="">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{rule.origin === "containment" ? rule.name : rule.what}</strong>
          <span className="muted">{rule.kind === "playbook" ? "runs a playbook" : rule.what}</span>
        </p>
        <p className="row-sub">
          <span className="wrap-anywhere">
            {rule.origin === "detectors" ? (
              <Link href={`/rules/rule/${encodeURIComponent(rule.name)}`}>{rule.trigger}</Link>
            ) : (
              rule.trigger
            )}
          </span>
          <span>{done.length === 0 ? "quiet for 24 hours" : `in 24 hours: ${done.join(", ")}`}</span>
        </p>
        {rule.problem !== null && (
          <Notice tone="danger" title="It cannot act">
            <p className="wrap-anywhere">{rule.problem}</p>
          </Notice>
        )}
      </div>
      <StateBadge word={MODE_WORDS[rule.mode]} />
    </li>
  );
}

function Rules({ view }: { readonly view: ContainmentView }) {
  return (
    <Panel title="Rules" icon="rules" aside={<span className="muted">changed in the profile</span>}>
      {view.rules.length === 0 ? (
        <Empty title="Nothing acts by itself">
          Rules stand in the profile under containment, and playbooks are bound under detectors.
        </Empty>
      ) : (
        <ul className="rows">
          {view.rules.map((rule) => (
            <RuleRow key={`${rule.origin} ${rule.name}`} rule={rule} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Rails({ view: { limits, used } }: { readonly view: ContainmentView }) {
  return (
    <Panel title="Guard rails" icon="shield">
      <div className="panel-body">
        <Facts
          facts={[
            { label: "Acts this hour", value: `${used.actionsThisHour} of ${limits.actionsPerHour}` },
            { label: "Of one rule", value: `at most ${limits.actionsPerRulePerHour}` },
            {
              label: "Agents acted on this hour",
              value: `${used.agentsThisHour} of ${used.agentsAllowed} (${used.agentsActive} active)`,
            },
            { label: "Quiet after a resume", value: `${limits.quietMinutes} min` },
            { label: "Told late, so asked first", value: `after ${limits.lateMinutes} min` },
          ]}
        />
      </div>
      <p className="panel-note muted">What a guard rail holds back is never dropped: a person is asked instead.</p>
    </Panel>
  );
}

function ReactionRow({ reaction }: { readonly reaction: ReactionView }) {
  const why = reaction.rail === null ? reaction.message : `held back: ${RAIL_WORDS[reaction.rail]}`;
  return (
    <li className="row act-row" data-row="">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{reaction.what}</strong>
          <span className="muted wrap-anywhere">{reaction.target}</span>
        </p>
        <p className="row-sub">
          <Ago at={reaction.at} />
          {reaction.incidentId !== null && <Link href={incidentPath(reaction.incidentId)}>{reaction.incidentId}</Link>}
          <span className="wrap-anywhere">{reaction.title}</span>
          {why !== null && (
            <span className="wrap-anywhere" title={reaction.railReason ?? undefined}>
              {why}
            </span>
          )}
        </p>
        {reaction.state === "observed" && reaction.changes.length > 0 && (
          <details className="row-sub">
            <summary>What it would have done</summary>
            <ul>
              {reaction.changes.map((change) => (
                <li key={change} className="wrap-anywhere">
                  {change}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <StateBadge word={REACTION_WORDS[reaction.state]} />
    </li>
  );
}

function Reactions() {
  const query = useQuery(reactionsQuery);
  return (
    <Panel title="What it did, and would have done" icon="bolt">
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing set it off yet" command="firebreak containment report --since 24h">
              What rules do, ask for, or would have done stands here. For a day’s account:
            </Empty>
          ) : (
            <ul className="rows">
              {items.map((reaction) => (
                <ReactionRow key={reaction.id} reaction={reaction} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

export default function ContainmentPage() {
  const query = useQuery(containmentQuery);
  return (
    <Page
      title="Containment"
      lead="What alerts set off by themselves, the guard rails around it, and the machine’s own load."
    >
      <Loaded query={query} rows={8}>
        {(view) => (
          <>
            {view.waiting > 0 && (
              <Notice
                tone="warn"
                title={view.waiting === 1 ? "One act waits for a person" : `${view.waiting} acts wait for a person`}
              >
                <p>
                  <Link href="/approvals">Approve or deny</Link>
                </p>
              </Notice>
            )}
            <div className="overview-grid">
              <Reactions />
              <div className="overview-side">
                <ResourceGuard />
                <Rails view={view} />
              </div>
            </div>
            <Rules view={view} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
