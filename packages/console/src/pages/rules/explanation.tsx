import type { ExplainedLine, ExplanationView } from "@firebreak/protocol";
import { At } from "../../components/bits.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Panel } from "../../ui/layout.tsx";

type ExplainedEvent = ExplanationView["events"][number];
type Correlation = NonNullable<ExplanationView["correlation"]>;

const EVENTS_SHOWN = 5;
const STEPS_SHOWN = 20;
const PATTERNS_SHOWN = 6;
const DEPTH_MAX = 8;

function Mark({ holds }: { readonly holds: boolean }) {
  return (
    <span className={holds ? "why-mark tone-ok" : "why-mark tone-neutral"}>
      <Icon name={holds ? "check" : "cross"} size={13} />
      <span className="sr-only">{holds ? "holds:" : "does not hold:"}</span>
    </span>
  );
}

function Test({ test, omitted }: { readonly test: NonNullable<ExplainedLine["test"]>; readonly omitted: number }) {
  const more = Math.max(0, test.patterns.length - PATTERNS_SHOWN) + omitted;
  return (
    <>
      {test.patterns.slice(0, PATTERNS_SHOWN).map(({ pattern, holds }) => (
        <code key={pattern} className={holds ? "why-pattern why-holds" : "why-pattern"}>
          {pattern}
        </code>
      ))}
      {more > 0 && <span className="muted">and {more} more</span>}
      <span className="muted">in</span>
      {test.isPresent ? (
        test.values.map((value, index) => (
          <code key={`${index} ${value}`} className="why-value">
            {value === "" ? "(empty)" : value}
          </code>
        ))
      ) : (
        <span className="why-absent">nothing: the event has no such field</span>
      )}
    </>
  );
}

function Line({ line }: { readonly line: ExplainedLine }) {
  const isName = line.kind === "selection" || line.kind === "filter";
  return (
    <li className={`why-line why-depth-${Math.min(line.depth, DEPTH_MAX)}`}>
      <Mark holds={line.holds} />
      <span className="why-what">
        {isName && <span className="muted">{line.kind} </span>}
        {line.test === null && !isName ? line.what : <code>{line.what}</code>}
      </span>
      {line.test !== null && <Test test={line.test} omitted={line.omitted} />}
      {line.test === null && line.omitted > 0 && <span className="muted">and {line.omitted} more</span>}
    </li>
  );
}

function EventPart({ event, wanted }: { readonly event: ExplainedEvent; readonly wanted: string }) {
  const asked = event.presentations.filter(({ covered }) => covered);
  const found = [...new Set(event.presentations.map(({ logsource }) => Object.values(logsource).join("/")))].join(", ");
  return (
    <div className="why-event">
      {asked.length === 0 && (
        <p>
          <Mark holds={false} /> Event {event.index + 1}: the rule is for <code>{wanted}</code>, the event is{" "}
          <code>{found === "" ? "of no known source" : found}</code>
        </p>
      )}
      {asked.map(({ logsource, holds, lines }, index) => (
        <div key={`${index} ${Object.values(logsource).join("/")}`}>
          <p>
            <Mark holds={holds} /> Event {event.index + 1}{" "}
            <span className="muted">as {Object.values(logsource).join("/") || "any source"}</span>
          </p>
          <ul className="why">
            {lines.map((line, number) => (
              <Line key={`${number} ${line.what}`} line={line} />
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

const OUTCOMES = {
  counted: (amount: number) => `comes to ${amount}`,
  reported: (amount: number) => `comes to ${amount}: reported`,
  late: () => "is older than the window",
  no_group: () => "lacks a field to group by or to count",
} as const satisfies Record<Correlation["steps"][number]["outcome"], (amount: number) => string>;

function Progress({ correlation }: { readonly correlation: Correlation }) {
  const { type, condition, timespanMs, groupBy, steps } = correlation;
  return (
    <div className="why-event">
      <p>
        <code>
          {type} {condition}
        </code>{" "}
        within {timespanMs / 1000} s{groupBy.length > 0 && <> for each {groupBy.join(", ")}</>}
      </p>
      {steps.length === 0 && <p className="muted">No event matched one of its rules.</p>}
      <ul className="why">
        {steps.slice(-STEPS_SHOWN).map((step, index) => (
          <li key={`${index} ${step.index} ${step.ruleId}`} className="why-line">
            <Mark holds={step.outcome === "reported"} />
            <span>
              Event {step.index + 1} {OUTCOMES[step.outcome](step.count)}
            </span>
            <span className="muted">
              <At at={step.at} />
              {Object.entries(step.groupBy).map(([name, value]) => ` · ${name} ${value}`)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Why events do or do not match one rule. */
export function Explanation({ explanation }: { readonly explanation: ExplanationView }) {
  const { title, ruleId, matched, events, correlation, logsource } = explanation;
  const wanted = Object.values(logsource ?? {}).join("/");
  const hidden = events.length - EVENTS_SHOWN;
  return (
    <Panel
      title={title}
      repeated
      icon="rules"
      aside={matched ? <Badge tone="ok">Matches</Badge> : <Badge tone="neutral">Does not match</Badge>}
    >
      <div className="panel-body">
        <code className="muted wrap-anywhere">{ruleId}</code>
        {correlation !== null && <Progress correlation={correlation} />}
        {hidden > 0 && <p className="muted">{hidden} events before these</p>}
        {events.slice(-EVENTS_SHOWN).map((event) => (
          <EventPart key={event.index} event={event} wanted={wanted} />
        ))}
      </div>
    </Panel>
  );
}
