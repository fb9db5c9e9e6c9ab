import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { type EventView, TRY_LIMITS, type TryView } from "@firebreak/protocol";
import { tryRules } from "../../api/commands.ts";
import { newestEventsQuery, rulesQuery } from "../../api/queries.ts";
import { ProblemNotice } from "../../components/bits.tsx";
import { Page } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { useNow } from "../../hooks/use-now.ts";
import { rulePath } from "../../navigation.ts";
import { formatRelative } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea } from "../../ui/fields.tsx";
import { Empty, Notice, Panel } from "../../ui/layout.tsx";
import { count, RULE_LEVEL_TONES } from "../../words.ts";
import { Explanation } from "./explanation.tsx";
import { RuleErrors } from "./list.tsx";

const EXAMPLE = `{"agent":{"id":"scout"},"kind":"command","data":{"command":"rm -rf build"}}`;

type Events = { readonly events: Record<string, unknown>[] } | { readonly fault: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One object, an array of them, or one a line. */
function readEvents(text: string): Events {
  if (text.trim() === "") return { fault: "Paste an event." };
  try {
    const whole: unknown = JSON.parse(text);
    return checkEvents(Array.isArray(whole) ? whole : [whole]);
  } catch {
    const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
    const read: unknown[] = [];
    for (const { line, number } of lines.filter(({ line: one }) => one !== "")) {
      try {
        read.push(JSON.parse(line));
      } catch {
        return { fault: `Line ${number} is not valid JSON, nor is the whole.` };
      }
    }
    return checkEvents(read);
  }
}

function checkEvents(values: readonly unknown[]): Events {
  const events = values.filter(isObject);
  if (events.length < values.length || events.length === 0) return { fault: "An event is a JSON object." };
  if (events.length > TRY_LIMITS.eventsMax) return { fault: `At most ${TRY_LIMITS.eventsMax} events at once.` };
  return { events };
}

/** What an event is about, in one line. */
function titleOf(event: EventView, nowMs: number): string {
  const { command, tool_name: tool, content, url } = event.data;
  const what = [command, tool, url, content, event.resource].find((one) => typeof one === "string") ?? "";
  return `${formatRelative(Date.parse(event.time), nowMs)}: ${event.agent.id} ${event.kind} ${what.slice(0, 60)}`;
}

function StoredEvents({ onPick }: { readonly onPick: (text: string) => void }) {
  const nowMs = useNow();
  const { data } = useQuery(newestEventsQuery);
  const events = data?.items ?? [];
  if (events.length === 0) return null;
  const pick = (id: string) => {
    const event = events.find((one) => one.id === id);
    if (event !== undefined) onPick(JSON.stringify(event, null, 2));
  };
  return (
    <SelectField
      label="Take a stored event, or write one below"
      value=""
      options={[
        { value: "", label: "Choose one of the newest…" },
        ...events.map((event) => ({ value: event.id, label: titleOf(event, nowMs) })),
      ]}
      onChange={pick}
    />
  );
}

function RuleChoice({ value, onChange }: { readonly value: string; readonly onChange: (id: string) => void }) {
  const { data } = useQuery(rulesQuery);
  const rules = (data?.rules ?? []).toSorted((a, b) => a.title.localeCompare(b.title));
  return (
    <SelectField
      label="Explain"
      value={value}
      options={[
        { value: "", label: "Every rule that matches" },
        ...rules.map(({ id, title }) => ({ value: id, label: title })),
      ]}
      onChange={onChange}
    />
  );
}

function Outcome({ view }: { readonly view: TryView }) {
  const byRule = new Map(view.matches.map((match) => [match.ruleId, match]));
  return (
    <div className="stack" role="status">
      <RuleErrors errors={view.errors} />
      <Panel
        title="What matches"
        icon="bolt"
        aside={<span className="muted">{count(view.matches.length, "match", "matches")}</span>}
      >
        {view.matches.length === 0 ? (
          <Empty title="No rule matches">Choose a rule above to see why it does not.</Empty>
        ) : (
          <ul className="rows">
            {[...byRule.values()].map((match) => (
              <li key={match.ruleId} className="row history-row">
                <p className="hold-title">
                  <Badge tone={RULE_LEVEL_TONES[match.level] ?? "neutral"}>{match.level}</Badge>
                  <Link href={rulePath(match.ruleId)}>{match.title}</Link>
                </p>
                <p className="hold-reason">
                  Event {match.index + 1}: {match.sentence}
                </p>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {view.explanations.map((explanation, index) => (
        <Explanation key={`${index} ${explanation.ruleId}`} explanation={explanation} />
      ))}
    </div>
  );
}

function useTryForm() {
  const [params] = useSearchParams();
  const [text, setText] = useState(EXAMPLE);
  const [rule, setRule] = useState("");
  const [ruleId, setRuleId] = useState(params.get("rule") ?? "");
  const [touched, setTouched] = useState(false);
  const read = readEvents(text);
  const act = useMutation({ mutationFn: tryRules });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if ("fault" in read || act.isPending) return;
    act.mutate({
      events: read.events,
      ...(rule.trim() === "" ? {} : { rule }),
      ...(ruleId === "" || rule.trim() !== "" ? {} : { ruleId }),
    });
  };
  const fault = touched && "fault" in read ? read.fault : null;
  return { text, setText, rule, setRule, ruleId, setRuleId, fault, act, submit };
}

export function TryPage() {
  const { text, setText, rule, setRule, ruleId, setRuleId, fault, act, submit } = useTryForm();
  const refusal = useRefusal("responder");
  return (
    <Page
      title="Try rules"
      back={{ href: "/rules", label: "Rules" }}
      lead="Run events through rules and see why they match or do not. Nothing is stored and no alert is raised."
    >
      <form className="panel form try-form" onSubmit={submit}>
        <StoredEvents onPick={setText} />
        <TextArea
          label="Events"
          hint="As JSON: one, several lines, or an array; in order, for rules that count."
          error={fault}
          className="input code-input"
          rows={6}
          value={text}
          data-search=""
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <details>
          <summary>Try a rule of your own instead of those in force</summary>
          <TextArea
            label="Rule"
            hint="The text of a Sigma file. What it lacks or misspells is named."
            rows={10}
            value={rule}
            spellCheck={false}
            onChange={(event) => setRule(event.target.value)}
          />
        </details>
        {rule.trim() === "" && <RuleChoice value={ruleId} onChange={setRuleId} />}
        <ProblemNotice error={act.error} />
        <div className="form-actions">
          <Button type="submit" kind="primary" icon="play" busy={act.isPending} disabledReason={refusal}>
            Try
          </Button>
        </div>
      </form>
      {act.data === undefined ? (
        <Notice tone="info" title="The outcome will stand here">
          <p>Matches first, then each rule part by part: the values of the event against the patterns of the rule.</p>
        </Notice>
      ) : (
        <Outcome view={act.data} />
      )}
    </Page>
  );
}
