import { useQuery } from "@tanstack/react-query";
import { DetailPage } from "../../components/detail-page.tsx";
import { useState } from "react";
import type { ReplayFinding, ReplayResult, ReplayRule, ReplayView } from "@firebreak/protocol";
import { cancelReplay } from "../../api/commands.ts";
import { replayQuery } from "../../api/queries.ts";
import { ActorName, Ago, At, StateBadge } from "../../components/bits.tsx";
import { useTabTitle } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { useNow } from "../../hooks/use-now.ts";
import { formatLocal, formatSpan } from "../../time.ts";
import { type Bar, Bars } from "../../ui/bars.tsx";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/fields.tsx";
import { Empty, Notice, Panel } from "../../ui/layout.tsx";
import { count, FINDING_WORDS, REPLAY_WORDS } from "../../words.ts";
import { RuleErrors } from "./list.tsx";

const FINDINGS_SHOWN = 100;

function timeBars(
  replay: ReplayView,
  { bucketMs, buckets }: ReplayResult,
  rules: readonly ReplayRule[],
  nowMs: number,
): Bar[] {
  const amounts = new Map<number, { matches: number; alerts: number }>();
  for (const one of rules.flatMap((rule) => rule.buckets)) {
    const sum = amounts.get(one.bucket) ?? { matches: 0, alerts: 0 };
    amounts.set(one.bucket, { matches: sum.matches + one.matches, alerts: sum.alerts + one.alerts });
  }
  const fromMs = Date.parse(replay.from);
  return Array.from({ length: buckets }, (_, bucket) => ({
    label: formatLocal(fromMs + bucket * bucketMs, nowMs),
    amount: amounts.get(bucket)?.matches ?? 0,
    other: amounts.get(bucket)?.alerts ?? 0,
  }));
}

function Timeline({ replay, result, ruleId }: { replay: ReplayView; result: ReplayResult; ruleId: string }) {
  const nowMs = useNow();
  const rules = result.rules.filter(({ id }) => ruleId === "" || id === ruleId);
  return (
    <Bars
      title={`Over time, by ${formatSpan(result.bucketMs).replace(/ 0?0[hm]$/, "")}`}
      bars={timeBars(replay, result, rules, nowMs)}
      names={["would match", "did alert"]}
      ends={[formatLocal(Date.parse(replay.from), 0), formatLocal(Date.parse(replay.to), 0)]}
    />
  );
}

function Tops({ title, tops }: { readonly title: string; readonly tops: ReplayRule["values"] }) {
  if (tops.length === 0) return null;
  return (
    <div className="replay-tops">
      <p className="muted">{title}</p>
      <ul className="plain-list">
        {tops.map(({ value, count: amount }) => (
          <li key={value} className="replay-top">
            <span className="number">{amount.toLocaleString("en")}</span>
            <code className="wrap-anywhere">{value}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function RuleRow({ rule }: { readonly rule: ReplayRule }) {
  return (
    <li className="row card-row">
      <p className="hold-title">
        <strong className="wrap-anywhere">{rule.title}</strong>
        {rule.new > 0 && <StateBadge word={{ ...FINDING_WORDS.new, label: `${rule.new} new` }} />}
        {rule.lost > 0 && <StateBadge word={{ ...FINDING_WORDS.lost, label: `${rule.lost} lost` }} />}
        {rule.same > 0 && <StateBadge word={{ ...FINDING_WORDS.same, label: `${rule.same} the same` }} />}
      </p>
      <p className="row-sub">
        <span>
          {count(rule.matches, "match", "matches")}, {rule.perDay.toLocaleString("en")} a day
        </span>
        {rule.firstAt !== null && (
          <span>
            first <At at={rule.firstAt} />
          </span>
        )}
        {rule.lastAt !== null && (
          <span>
            last <At at={rule.lastAt} />
          </span>
        )}
      </p>
      {rule.matches > 0 && (
        <details>
          <summary>Where it comes from</summary>
          <div className="replay-columns">
            <Tops title="Agents" tops={rule.agents} />
            <Tops title="Values" tops={rule.values} />
          </div>
        </details>
      )}
    </li>
  );
}

function FindingRow({ finding }: { readonly finding: ReplayFinding }) {
  const { status, at, agentId, matches, sentence, afterFirstEventMs } = finding;
  return (
    <li className="row history-row">
      <p className="hold-title">
        <StateBadge word={FINDING_WORDS[status]} />
        <At at={at} />
        {agentId !== null && <strong className="wrap-anywhere">{agentId}</strong>}
      </p>
      <p className="wrap-anywhere">{sentence}</p>
      <p className="row-sub">
        {matches > 0 && <span>{count(matches, "match", "matches")}</span>}
        {afterFirstEventMs !== null && afterFirstEventMs > 0 && (
          <span>{formatSpan(afterFirstEventMs)} after the first event of its window</span>
        )}
      </p>
    </li>
  );
}

function Findings({ findings, omitted }: { readonly findings: readonly ReplayFinding[]; readonly omitted: number }) {
  return (
    <Panel
      title="Would-be alerts"
      icon="bolt"
      aside={<span className="muted">{count(findings.length + omitted, "alert")}</span>}
    >
      <ul className="rows">
        {findings.slice(0, FINDINGS_SHOWN).map((finding) => (
          <FindingRow
            key={`${finding.status} ${finding.at} ${finding.ruleId} ${finding.agentId} ${finding.sessionId}`}
            finding={finding}
          />
        ))}
      </ul>
      {findings.length + omitted > FINDINGS_SHOWN && (
        <p className="panel-note muted">The first {FINDINGS_SHOWN} are shown.</p>
      )}
    </Panel>
  );
}

function Numbers({ result }: { readonly result: ReplayResult }) {
  const amount = (status: ReplayFinding["status"]) => result.rules.reduce((sum, rule) => sum + rule[status], 0);
  const cells = [
    ["new alerts", amount("new")],
    ["alerts lost", amount("lost")],
    ["the same", amount("same")],
    ["matches", result.matches],
    ["events", result.events],
  ] as const;
  return (
    <dl className="numbers">
      {cells.map(([label, value]) => (
        <div key={label} className="number-cell">
          <dt>{label}</dt>
          <dd>{value.toLocaleString("en")}</dd>
        </div>
      ))}
    </dl>
  );
}

function Result({ replay, result }: { readonly replay: ReplayView; readonly result: ReplayResult }) {
  const [ruleId, setRuleId] = useState("");
  const findings = result.findings.filter((finding) => ruleId === "" || finding.ruleId === ruleId);
  const options = [
    { value: "", label: "All rules" },
    ...result.rules.map(({ id, title }) => ({ value: id, label: title })),
  ];
  return (
    <>
      <RuleErrors errors={result.errors} />
      {result.truncated && (
        <Notice tone="warn" title="The range holds more events than one replay reads">
          <p>It ends early. Replay a shorter range for the rest.</p>
        </Notice>
      )}
      <Numbers result={result} />
      {result.rules.length === 0 ? (
        <Empty title="No rule matched, and none of them had an alert">
          {count(result.rulesAsked, "rule")} looked at {count(result.events, "event")}.
        </Empty>
      ) : (
        <>
          <Panel
            title="Timeline"
            icon="clock"
            aside={<SelectField label="Of" value={ruleId} options={options} onChange={setRuleId} />}
          >
            <div className="panel-body">
              <Timeline replay={replay} result={result} ruleId={ruleId} />
            </div>
          </Panel>
          <div className="split">
            <Panel
              title="Rules"
              icon="rules"
              aside={
                <span className="muted">
                  {result.rules.length} of {result.rulesAsked}
                </span>
              }
            >
              <ul className="rows">
                {result.rules
                  .filter(({ id }) => ruleId === "" || id === ruleId)
                  .map((rule) => (
                    <RuleRow key={rule.id} rule={rule} />
                  ))}
              </ul>
            </Panel>
            <Findings findings={findings} omitted={result.findingsOmitted} />
          </div>
        </>
      )}
    </>
  );
}

function UnderWay({ replay }: { readonly replay: ReplayView }) {
  const refusal = useRefusal("responder");
  const cancel = useAct(() => cancelReplay(replay.id), { stale: ["replay", "replays"], inToast: true });
  const { share, events, matches } = replay.progress;
  return (
    <Panel title={replay.state === "pending" ? "Waits for its turn" : "Under way"} icon="clock">
      <div className="panel-body">
        <progress className="progress" value={share} max={1} aria-label="Progress of the replay" />
        <p className="muted" role="status">
          {Math.round(share * 100)} % · {count(events, "event")} · {count(matches, "match", "matches")}
        </p>
        <div className="form-actions form-actions-start">
          <Button icon="cross" busy={cancel.isPending} disabledReason={refusal} onClick={() => cancel.mutate()}>
            Cancel
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function Content({ replay }: { readonly replay: ReplayView }) {
  const { state, result, problem, requestedBy, requestedAt } = replay;
  useTabTitle("Replay");
  return (
    <>
      <header className="page-head">
        <div className="page-heading">
          <h1>
            Replay of <At at={replay.from} withDay /> to <At at={replay.to} withDay />
          </h1>
          <p className="rule-badges">
            <StateBadge word={REPLAY_WORDS[state]} />
            <span className="muted">
              by <ActorName actor={requestedBy} />, <Ago at={requestedAt} />
              {result !== null && <>, took {result.seconds.toFixed(1)} s</>}
            </span>
          </p>
        </div>
      </header>
      {(state === "pending" || state === "running") && <UnderWay replay={replay} />}
      {problem !== null && (
        <Notice tone="danger" title="The replay failed">
          <p>{problem}</p>
        </Notice>
      )}
      {result !== null && <Result replay={replay} result={result} />}
    </>
  );
}

export function ReplayPage({ id }: { readonly id: string }) {
  const query = useQuery(replayQuery(id));
  return (
    <DetailPage
      query={query}
      name="Replay"
      tabTitle={() => "Replay"}
      back={{ href: "/rules/replays", label: "Replays" }}
    >
      {(replay) => <Content replay={replay} />}
    </DetailPage>
  );
}
