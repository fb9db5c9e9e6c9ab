import { useMutation, useQuery } from "@tanstack/react-query";
import { DetailPage } from "../../components/detail-page.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Link } from "wouter";
import type { RuleCasesView, RuleDetail } from "@firebreak/protocol";
import { runRuleCases } from "../../api/commands.ts";
import { ruleQuery } from "../../api/queries.ts";
import { Ago, ProblemNotice } from "../../components/bits.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { useNow } from "../../hooks/use-now.ts";
import { rulePath } from "../../navigation.ts";
import { formatLocal } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Bar, Bars } from "../../ui/bars.tsx";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty, Facts, Notice, Panel } from "../../ui/layout.tsx";
import { count, RULE_LEVEL_TONES } from "../../words.ts";
import { RuleAlerts } from "./rule-alerts.tsx";

const HOUR_MS = 3_600_000;
const HOURS = 7 * 24;
const BAR_HOURS = 2;

/** Hits of the last week, two hours a bar. */
function hitBars(hours: RuleDetail["hours"], nowMs: number): Bar[] {
  const endMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  return Array.from({ length: HOURS / BAR_HOURS }, (_, index) => {
    const fromMs = endMs - (HOURS - index * BAR_HOURS) * HOUR_MS;
    const inside = hours.filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < fromMs + BAR_HOURS * HOUR_MS);
    return { label: formatLocal(fromMs, nowMs), amount: inside.reduce((sum, { hits }) => sum + hits, 0) };
  });
}

function Hits({ rule }: { readonly rule: RuleDetail }) {
  const nowMs = useNow();
  return (
    <Panel
      title="Hits"
      icon="clock"
      aside={<span className="muted">{rule.hits7d.toLocaleString("en")} in 7 days</span>}
    >
      <div className="panel-body">
        {rule.hits7d === 0 ? (
          <Empty title="No hit in seven days">
            {rule.lastHitAt === null ? (
              "Try it with an event, or replay the past against it, to see that it works."
            ) : (
              <>
                The last one was <Ago at={rule.lastHitAt} />.
              </>
            )}
          </Empty>
        ) : (
          <Bars
            title="Hits by two hours"
            bars={hitBars(rule.hours, nowMs)}
            names={["hits"]}
            ends={["7 days ago", "now"]}
          />
        )}
      </div>
    </Panel>
  );
}

function Source({ rule }: { readonly rule: RuleDetail }) {
  const lines = rule.source.replace(/\n$/, "").split("\n");
  return (
    <Panel title="Source" icon="note" aside={<code className="wrap-anywhere">{rule.file}</code>}>
      {rule.source === "" ? (
        <Empty title="The file is too long to show">Open it on disk.</Empty>
      ) : (
        <div className="source" tabIndex={0} role="region" aria-label="Source of the rule">
          <ol className="source-lines">
            {lines.map((line, index) => (
              <li key={`${index} ${line}`}>
                <code>{line === "" ? " " : line}</code>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}

function describeReports(reports: Readonly<Record<string, number>>): string {
  const parts = Object.entries(reports).map(([id, times]) => `${id} × ${times}`);
  return parts.length === 0 ? "no report" : parts.join(", ");
}

function CaseRow({ result }: { readonly result: RuleCasesView["results"][number] }) {
  return (
    <li className="row history-row">
      <p className="hold-title">
        {result.passed ? <Badge tone="ok">Passes</Badge> : <Badge tone="danger">Fails</Badge>}
        <span className="wrap-anywhere">{result.name}</span>
      </p>
      {!result.passed && (
        <p className="row-sub">
          {result.command !== null && <code>{result.command}</code>}
          <span>expected {describeReports(result.expected)}</span>
          <span>got {describeReports(result.got)}</span>
        </p>
      )}
    </li>
  );
}

function Cases({ id }: { readonly id: string }) {
  const refusal = useRefusal("responder");
  const run = useMutation({ mutationFn: () => runRuleCases(id) });
  const { data } = run;
  const failed = data?.results.filter(({ passed }) => !passed).length ?? 0;
  const button = (
    <Button icon="play" busy={run.isPending} disabledReason={refusal} onClick={() => run.mutate()}>
      Run
    </Button>
  );
  return (
    <Panel title="Cases" icon="check" aside={button}>
      {run.error !== null && <ProblemNotice error={run.error} />}
      {data === undefined ? (
        <Empty title="Not run yet">Cases stand beside the rule, in a file that ends with .cases.yml.</Empty>
      ) : (
        <div role="status">
          {data.problems.map((problem) => (
            <Notice key={problem} tone="danger" title="The file of cases cannot be read">
              <p>{problem}</p>
            </Notice>
          ))}
          {data.results.length === 0 && data.problems.length === 0 ? (
            <Empty title="The file has no cases">
              Write some beside it: what must match, what must not, and evasions.
            </Empty>
          ) : (
            <>
              <p className="panel-note muted">
                {failed === 0
                  ? `All ${count(data.results.length, "case")} pass.`
                  : `${failed} of ${count(data.results.length, "case")} fail.`}
              </p>
              <ul className="rows">
                {data.results
                  .toSorted((a, b) => Number(a.passed) - Number(b.passed))
                  .map((result) => (
                    <CaseRow key={result.name} result={result} />
                  ))}
              </ul>
            </>
          )}
        </div>
      )}
    </Panel>
  );
}

function RuleLinks({ ids }: { readonly ids: readonly string[] }) {
  return (
    <span className="rule-links">
      {ids.map((id) => (
        <Link key={id} href={rulePath(id)} className="wrap-anywhere">
          {id}
        </Link>
      ))}
    </span>
  );
}

function About({ rule }: { readonly rule: RuleDetail }) {
  const facts = [
    { label: "Id", value: <code className="wrap-anywhere">{rule.id}</code> },
    ...(rule.status === null ? [] : [{ label: "Status", value: rule.status }]),
    ...(rule.logsource === null ? [] : [{ label: "Log source", value: Object.values(rule.logsource).join(" / ") }]),
    ...(rule.uses.length === 0 ? [] : [{ label: "Counts", value: <RuleLinks ids={rule.uses} /> }]),
    ...(rule.usedBy.length === 0 ? [] : [{ label: "Counted by", value: <RuleLinks ids={rule.usedBy} /> }]),
    {
      label: "Cost",
      value: rule.costMicros === null ? "not measured yet" : `${rule.costMicros.toFixed(1)} µs an event, asked alone`,
    },
    ...(rule.tags.length === 0
      ? []
      : [{ label: "Tags", value: <span className="wrap-anywhere">{rule.tags.join(", ")}</span> }]),
    ...(rule.falsePositiveNotes.length === 0
      ? []
      : [{ label: "May be false", value: rule.falsePositiveNotes.join("; ") }]),
  ];
  return (
    <Panel title="About" icon="rules">
      <div className="panel-body">
        {rule.description !== "" && <p className="wrap-anywhere">{rule.description}</p>}
        <Facts facts={facts} />
      </div>
    </Panel>
  );
}

function Content({ rule }: { readonly rule: RuleDetail }) {
  const query = `?rule=${encodeURIComponent(rule.id)}`;
  return (
    <>
      <PageHead
        title={rule.title}
        lead={
          <p className="rule-badges">
            <Badge tone={RULE_LEVEL_TONES[rule.level] ?? "neutral"}>{rule.level}</Badge>
            <span className="muted">
              {rule.kind === "correlation" ? "correlation" : rule.alerts ? "detection" : "feeds correlations only"}
            </span>
          </p>
        }
        actions={
          <>
            <Link href={`/rules/try${query}`} className="button button-plain">
              <Icon name="play" /> Try
            </Link>
            <Link href={`/rules/replays${query}`} className="button button-plain">
              <Icon name="retry" /> Replay
            </Link>
          </>
        }
      />
      {rule.hint !== null && <Notice tone="warn" title={rule.hint} />}
      <div className="incident-columns">
        <div className="stack">
          <Hits rule={rule} />
          <Source rule={rule} />
        </div>
        <div className="stack">
          <About rule={rule} />
          <Cases id={rule.id} />
          <RuleAlerts rule={rule} />
        </div>
      </div>
    </>
  );
}

export function RulePage({ id }: { readonly id: string }) {
  const query = useQuery(ruleQuery(id));
  return (
    <DetailPage query={query} name={id} tabTitle={(rule) => rule.title} back={{ href: "/rules", label: "Rules" }}>
      {(rule) => <Content rule={rule} />}
    </DetailPage>
  );
}
