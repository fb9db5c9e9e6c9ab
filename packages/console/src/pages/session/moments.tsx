import type { EventMoment, MomentAnswer, MomentDenial, SessionMoment } from "@firebreak/protocol";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { SEVERITY_NAMES } from "@firebreak/protocol";
import { ActorName, At } from "../../components/bits.tsx";
import { LongText } from "../../components/long-text.tsx";
import { showHidden } from "../../harmless.ts";
import { incidentPath } from "../../navigation.ts";
import { formatLatency, formatSpan } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import {
  coverage,
  GAP_WORDS,
  LEVEL_WORDS,
  MOMENT_WORDS,
  OUTCOME_WORDS,
  RISK_TONES,
  sayName,
  SEVERITY_TONES,
} from "../../words.ts";
import { eventOfSession } from "./place.ts";

interface MomentProps {
  readonly moment: SessionMoment;
  readonly session: string;
  /** the agent's name is worth saying: the session holds several */
  readonly withAgent: boolean;
  /** the one that the address names */
  readonly isTarget: boolean;
}

export function Moment({ moment, ...rest }: MomentProps) {
  switch (moment.type) {
    case "event":
      return <EventEntry {...rest} moment={moment} />;
    case "gap":
      return <Gap moment={moment} />;
    case "hold":
      return <HoldEntry moment={moment} />;
    case "act":
      return <Act moment={moment} />;
    default:
      return moment satisfies never;
  }
}

function Gap({ moment }: { readonly moment: Extract<SessionMoment, { type: "gap" }> }) {
  const word = GAP_WORDS[moment.cause];
  return (
    <li className={`moment-gap tone-${word.tone}`} title={word.meaning}>
      <Icon name="clock" size={13} />
      {word.label} for {formatSpan(Date.parse(moment.until) - Date.parse(moment.at))}, from <At at={moment.at} />
    </li>
  );
}

function Between({ tone, at, children }: { readonly tone: string; readonly at: string; readonly children: ReactNode }) {
  return (
    <li className={`moment-between tone-${tone}`}>
      <span className="moment-time">
        <At at={at} />
      </span>
      <p className="moment-between-text wrap-anywhere">{children}</p>
    </li>
  );
}

function HoldEntry({ moment }: { readonly moment: Extract<SessionMoment, { type: "hold" }> }) {
  const { change, level, scope, target, reason, actor, incidentId } = moment;
  return (
    <Between tone="hold" at={moment.at}>
      <Badge tone="hold" icon={change === "stopped" ? "stop" : "play"} title={LEVEL_WORDS[level].meaning}>
        {change === "stopped" ? `Stopped: ${LEVEL_WORDS[level].label}` : "Resumed"}
      </Badge>{" "}
      {coverage(scope, target)}
      {actor !== null && (
        <>
          {" "}
          by <ActorName actor={actor} />
        </>
      )}
      {reason !== "" && `: ${showHidden(reason)}`}{" "}
      {incidentId !== null && <Link href={incidentPath(incidentId)}>{incidentId}</Link>}
    </Between>
  );
}

function Act({ moment }: { readonly moment: Extract<SessionMoment, { type: "act" }> }) {
  return (
    <Between tone="info" at={moment.at}>
      <Link href={incidentPath(moment.incidentId)}>{moment.incidentId}</Link> <ActorName actor={moment.actor} />:{" "}
      {showHidden(moment.text)}
    </Between>
  );
}

function toneOf({ denied, alerts, outcome }: EventMoment): string {
  if (denied !== null || alerts.length > 0) return "danger";
  return outcome === "failure" ? "warn" : "neutral";
}

function EventEntry({
  moment,
  session,
  withAgent,
  isTarget,
}: Omit<MomentProps, "moment"> & { readonly moment: EventMoment }) {
  const word = MOMENT_WORDS[moment.role];
  return (
    <li
      className={`moment tone-${toneOf(moment)}`}
      data-role={moment.role}
      data-seq={moment.seq}
      aria-current={isTarget ? "true" : undefined}
    >
      <div className="moment-head">
        <Link
          href={eventOfSession(session, moment.seq)}
          className="moment-time"
          data-row=""
          title={`Event ${moment.seq}: the address of this moment`}
        >
          <At at={moment.at} />
        </Link>
        <strong className="moment-role" title={word.meaning}>
          {word.label}
        </strong>
        {moment.name !== null && <code className="wrap-anywhere">{showHidden(moment.name)}</code>}
        {withAgent && <span className="muted wrap-anywhere">{moment.agentId}</span>}
        <Flags moment={moment} />
      </div>
      <Content moment={moment} />
    </li>
  );
}

function Flags({ moment }: { readonly moment: EventMoment }) {
  const { outcome, risk, redacted, indicators, lateMs, model } = moment;
  const taken = redacted.reduce((total, { count }) => total + count, 0);
  const word = OUTCOME_WORDS[outcome];
  return (
    <>
      {word !== undefined && (
        <Badge tone={word.tone} title={word.meaning}>
          {word.label}
        </Badge>
      )}
      {risk !== null && <Badge tone={RISK_TONES[risk] ?? "neutral"}>Risk {risk}</Badge>}
      {taken > 0 && (
        <Badge
          tone="info"
          title={[...new Set(redacted.map(({ category, path }) => `${category} in ${path}`))].join("\n")}
        >
          {taken} redacted
        </Badge>
      )}
      {indicators.length > 0 && (
        <Badge tone="danger" title={indicators.map(({ type, value }) => `${type} ${value}`).join("\n")}>
          Indicator of compromise
        </Badge>
      )}
      {lateMs !== null && <span className="muted">told {formatSpan(lateMs)} later</span>}
      {model !== null && <span className="muted wrap-anywhere">{showHidden(model)}</span>}
    </>
  );
}

function Content({ moment }: { readonly moment: EventMoment }) {
  const { text, answer, denied, alerts } = moment;
  return (
    <div className="moment-body">
      {text !== null && <LongText text={text.text} length={text.length} />}
      {moment.arguments !== null && moment.arguments.text !== text?.text && moment.arguments.length > 2 && (
        <LongText text={moment.arguments.text} length={moment.arguments.length} label="with" />
      )}
      {moment.resource !== null && moment.resource !== text?.text && <LongText text={moment.resource} label="about" />}
      {denied !== null && <Denied denied={denied} />}
      {answer !== null && <Answer answer={answer} />}
      {alerts.map((alert) => (
        <p key={alert.id} className="moment-alert">
          <Badge tone={SEVERITY_TONES[alert.severity]} icon="bolt">
            Alert, {SEVERITY_NAMES[alert.severity]}
          </Badge>
          <span className="wrap-anywhere">{showHidden(alert.title)}</span>
          {alert.incidentId !== null && <Link href={incidentPath(alert.incidentId)}>{alert.incidentId}</Link>}
        </p>
      ))}
    </div>
  );
}

const DENIALS: Readonly<Record<string, string>> = {
  stopped: "a stop",
  policy: "the policy",
  lease_expired: "the gate: the server was not heard for too long",
  gate_broken: "the gate, which could not know whether it may",
};

function Denied({ denied }: { readonly denied: MomentDenial }) {
  const { hold, policy, denial, reason } = denied;
  const by =
    hold !== null
      ? `the stop of ${coverage(hold.scope, hold.target)} (${hold.reason})`
      : policy !== null
        ? `the policy: ${policy}`
        : (DENIALS[denial ?? ""] ?? null);
  return (
    <p className="moment-denied wrap-anywhere">
      <Icon name="deny" size={14} /> Denied{by !== null && ` by ${showHidden(by)}`}
      {reason !== null && reason !== hold?.reason && `: ${showHidden(reason)}`}
    </p>
  );
}

function Answer({ answer }: { readonly answer: MomentAnswer }) {
  const word = OUTCOME_WORDS[answer.outcome];
  return (
    <div className="moment-answer" data-outcome={answer.outcome}>
      <p className="row-sub">
        <span>
          <Icon name="arrow" size={12} /> {word?.label ?? sayName(answer.outcome)}
        </span>
        {answer.durationMs !== null && <span>after {formatLatency(answer.durationMs)}</span>}
        {answer.joinedBy === "order" && (
          <span title="The sender gave no id of the call; no other call of this tool waited.">joined by order</span>
        )}
      </p>
      {answer.text !== null && <LongText text={answer.text.text} length={answer.text.length} />}
    </div>
  );
}
