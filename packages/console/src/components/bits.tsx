/** Small pieces that several pages share: times, states, severity, clocks, problems. */
import type { Actor, ClockView, Hold, HoldLevel, IncidentSummary, Severity } from "@firebreak/protocol";
import { SEVERITY_NAMES } from "@firebreak/protocol";
import { problemOf } from "../api/client.ts";
import { showHidden } from "../harmless.ts";
import { useNow } from "../hooks/use-now.ts";
import { formatLocal, formatRelative, formatUtc, readClock } from "../time.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icons.tsx";
import { Inline, Notice } from "../ui/layout.tsx";
import { CLOCK_WORDS, coverage, LEVEL_WORDS, SEVERITY_TONES, type Word } from "../words.ts";

/** "5m ago", with the local time and UTC on hover. */
export function Ago({ at }: { readonly at: string }) {
  const nowMs = useNow();
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return <span>unknown</span>;
  return (
    <time dateTime={at} title={`${formatLocal(atMs, nowMs)} here\n${formatUtc(atMs)}`}>
      {formatRelative(atMs, nowMs)}
    </time>
  );
}

interface AtProps {
  readonly at: string;
  /** names the day also when it is today */
  readonly withDay?: boolean;
}

/** The local time, with UTC on hover. */
export function At({ at, withDay = false }: AtProps) {
  const nowMs = useNow();
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return <span>unknown</span>;
  return (
    <time dateTime={at} title={formatUtc(atMs)}>
      {formatLocal(atMs, withDay ? 0 : nowMs)}
    </time>
  );
}

export function StateBadge({ word }: { readonly word: Word }) {
  return (
    <Badge tone={word.tone} title={word.meaning}>
      {word.label}
    </Badge>
  );
}

const LEVEL_ICONS = { deny: "deny", freeze: "freeze", kill: "stop" } as const satisfies Record<HoldLevel, string>;

export function LevelBadge({ level }: { readonly level: HoldLevel }) {
  const word = LEVEL_WORDS[level];
  return (
    <Badge tone={word.tone} icon={LEVEL_ICONS[level]} title={word.meaning}>
      {word.label}
    </Badge>
  );
}

interface SeverityProps {
  readonly severity: Severity;
  readonly label: string;
}

/** The profile's label and the canonical name, always both. */
export function SeverityChip({ severity, label }: SeverityProps) {
  return (
    <span className={`severity tone-${SEVERITY_TONES[severity]}`}>
      <span className="severity-bars" data-severity={severity} aria-hidden="true" />
      <span className="severity-label">{label}</span>
      <span className="severity-name">{SEVERITY_NAMES[severity]}</span>
    </span>
  );
}

const CLOCK_TONES = { running: "neutral", soon: "warn", breached: "danger", met: "ok", missed: "danger" } as const;

/** One clock in a line: "Contain 20m left". */
export function ClockPill({ clock }: { readonly clock: ClockView }) {
  const reading = readClock(clock, useNow());
  return (
    <span
      className={`clock-pill tone-${CLOCK_TONES[reading.state]}`}
      data-clock={clock.kind}
      data-state={reading.state}
    >
      <Icon name={reading.state === "breached" || reading.state === "missed" ? "warn" : "clock"} size={12} />
      {CLOCK_WORDS[clock.kind]} {reading.text}
    </span>
  );
}

/** The clock that presses most: the running one that is due first. */
export function pressingClock(incident: Pick<IncidentSummary, "clocks">): ClockView | null {
  const running = incident.clocks.filter((clock) => clock.stoppedAt === null);
  return running.toSorted((a, b) => a.dueAt.localeCompare(b.dueAt))[0] ?? null;
}

/** Whoever it was, with what kind of actor it is when that is not a person. */
export function ActorName({ actor }: { readonly actor: Actor }) {
  return (
    <span className="actor">
      {showHidden(actor.name)}
      {actor.kind !== "person" && <span className="actor-kind"> ({actor.kind})</span>}
    </span>
  );
}

/** A fault as the server tells it: what, where and how to mend it. */
export function ProblemNotice({ error }: { readonly error: unknown }) {
  if (!error) return null;
  const problem = problemOf(error);
  return (
    <Notice tone="danger" title={problem.title}>
      <p>
        <Inline text={problem.detail} />
      </p>
      {problem.errors && (
        <ul className="problem-errors">
          {problem.errors.map((field) => (
            <li key={field.where}>
              <code>{field.where}</code> <Inline text={field.message} />
            </li>
          ))}
        </ul>
      )}
      {problem.requestId && <p className="muted">Request {problem.requestId}</p>}
    </Notice>
  );
}

export function holdSentence(hold: Pick<Hold, "scope" | "target">): string {
  const text = coverage(hold.scope, hold.target);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
