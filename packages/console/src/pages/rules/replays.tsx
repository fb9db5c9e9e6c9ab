import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { ReplaySummary } from "@firebreak/protocol";
import { requestReplay } from "../../api/commands.ts";
import { replaysQuery, rulesQuery } from "../../api/queries.ts";
import { ActorName, Ago, At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { replayPath } from "../../navigation.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea } from "../../ui/fields.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count, REPLAY_WORDS } from "../../words.ts";

const HOUR_MS = 3_600_000;
const SPANS = [
  { value: "1", label: "The last hour" },
  { value: "24", label: "The last day" },
  { value: "168", label: "The last week" },
  { value: "720", label: "The last 30 days" },
];

function useReplayForm() {
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const [hours, setHours] = useState("168");
  const [ruleId, setRuleId] = useState(params.get("rule") ?? "");
  const [rule, setRule] = useState("");
  const act = useAct(requestReplay, { stale: ["replays"], onDone: ({ id }) => navigate(replayPath(id)) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (act.isPending) return;
    const now = Date.now();
    act.mutate({
      from: new Date(now - Number(hours) * HOUR_MS).toISOString(),
      to: new Date(now).toISOString(),
      ...(rule.trim() === "" ? {} : { rules: [{ name: "rule.yml", text: rule }] }),
      ...(ruleId === "" || rule.trim() !== "" ? {} : { ruleIds: [ruleId] }),
    });
  };
  return { hours, setHours, ruleId, setRuleId, rule, setRule, act, submit };
}

function ReplayForm() {
  const { hours, setHours, ruleId, setRuleId, rule, setRule, act, submit } = useReplayForm();
  const { data } = useQuery(rulesQuery);
  const refusal = useRefusal("responder");
  const rules = (data?.rules ?? []).filter(({ alerts }) => alerts).toSorted((a, b) => a.title.localeCompare(b.title));
  return (
    <form className="panel form try-form" onSubmit={submit}>
      <div className="form-pair">
        <SelectField label="Events of" value={hours} options={SPANS} onChange={setHours} />
        {rule.trim() === "" && (
          <SelectField
            label="Against"
            value={ruleId}
            options={[
              { value: "", label: "All rules in force" },
              ...rules.map(({ id, title }) => ({ value: id, label: title })),
            ]}
            onChange={setRuleId}
          />
        )}
      </div>
      <details>
        <summary>Replay a changed rule instead</summary>
        <TextArea
          label="Rule"
          hint="The text of a Sigma file. With the id of a rule in force, it is set against that rule’s alerts."
          rows={10}
          value={rule}
          spellCheck={false}
          onChange={(event) => setRule(event.target.value)}
        />
      </details>
      <ProblemNotice error={act.error} />
      <div className="form-actions">
        <Button type="submit" kind="primary" icon="retry" busy={act.isPending} disabledReason={refusal}>
          Replay
        </Button>
      </div>
    </form>
  );
}

function ReplayRow({ replay }: { readonly replay: ReplaySummary }) {
  const { ruleIds, ruleFiles, progress } = replay;
  const against =
    ruleFiles !== null
      ? count(ruleFiles, "changed file")
      : ruleIds === null
        ? "all rules"
        : count(ruleIds.length, "rule");
  return (
    <li className="row">
      <Link href={replayPath(replay.id)} className="row-link" data-row="">
        <span>
          <StateBadge word={REPLAY_WORDS[replay.state]} />
        </span>
        <span className="row-main">
          <span className="row-title">
            <At at={replay.from} withDay /> to <At at={replay.to} withDay />
          </span>
          <span className="row-sub">
            <span>against {against}</span>
            <span>
              by <ActorName actor={replay.requestedBy} />
            </span>
          </span>
        </span>
        <span className="row-state">
          <span>
            <strong className="number">{progress.matches.toLocaleString("en")}</strong> matches
          </span>
          <span className="muted">
            <Ago at={replay.requestedAt} />
          </span>
        </span>
      </Link>
    </li>
  );
}

export function ReplaysPage() {
  const query = useQuery(replaysQuery);
  return (
    <Page
      title="Replays"
      back={{ href: "/rules", label: "Rules" }}
      lead="Run stored events against rules: what would have been caught, when, and what would have been noise. Nothing is raised."
    >
      <ReplayForm />
      <Panel title="Done before" icon="clock">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No replay yet" command="firebreak rules replay --from 7d">
                Start one above, or on the command line, which also takes folders of rules:
              </Empty>
            ) : (
              <ul className="rows">
                {items.map((replay) => (
                  <ReplayRow key={replay.id} replay={replay} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
