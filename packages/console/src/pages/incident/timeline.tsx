import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import {
  type IncidentDetail,
  type InvestigationEntry,
  type MarkAct,
  type SourceClock,
  TIMELINE_SOURCES,
  type TimelineView,
} from "@firebreak/protocol";
import { addNote, exportTimeline, markTimeline } from "../../api/commands.ts";
import { timelineQuery } from "../../api/queries.ts";
import { ActorName, At, ProblemNotice } from "../../components/bits.tsx";
import { ExportForm } from "../../components/export-form.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { formatSpan } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/fields.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { Empty, Loading, Panel } from "../../ui/layout.tsx";
import { count, sayName, TIMELINE_SOURCE_WORDS } from "../../words.ts";
import { EntryLinks } from "./entry-links.tsx";

const SOURCE_ICONS: Readonly<Record<InvestigationEntry["source"], IconName>> = {
  telemetry: "agent",
  session: "agent",
  alert: "bolt",
  state: "arrow",
  note: "note",
  stop: "stop",
  action: "shield",
  approval: "check",
  playbook: "rules",
  notification: "mail",
  evidence: "archive",
  change: "retry",
  act: "person",
  gap: "warn",
};

const signed = (ms: number) => `${ms < 0 ? "−" : ""}${formatSpan(Math.abs(ms))}`;

/** What the source's own clock said, where that is not when it happened. */
function Moved({ entry }: { readonly entry: InvestigationEntry }) {
  if (entry.correctionMs === 0) return null;
  const by = `${entry.correctionMs > 0 ? "+" : ""}${signed(entry.correctionMs)}`;
  return (
    <span title={`The clock of ${entry.from} said ${entry.sourceTime}`}>
      clock said <At at={entry.sourceTime} /> ({by})
    </span>
  );
}

function EntryActs({ incidentId, entry }: { readonly incidentId: string; readonly entry: InvestigationEntry }) {
  const [text, setText] = useState("");
  const refusal = useRefusal("responder");
  const act = useAct(
    (mark: MarkAct) => markTimeline(incidentId, entry.ref, mark, mark === "annotate" ? text.trim() : undefined),
    { stale: ["timeline"], inToast: true, onDone: () => setText("") },
  );
  const mark = (name: MarkAct) => () => act.mutate(name);
  return (
    <div className="entry-acts stack">
      <p className="row-sub">
        <span className="wrap-anywhere">from {entry.from}</span>
        <EntryLinks entry={entry} />
      </p>
      <div className="form-actions form-actions-start">
        <Button busy={act.isPending} disabledReason={refusal} onClick={mark(entry.pinned ? "unpin" : "pin")}>
          {entry.pinned ? "Unpin" : "Pin"}
        </Button>
        <Button busy={act.isPending} disabledReason={refusal} onClick={mark(entry.hidden ? "unhide" : "hide")}>
          {entry.hidden ? "Show again" : "Hide"}
        </Button>
      </div>
      <div className="form form-inline">
        <TextField label="Annotation" value={text} onChange={(event) => setText(event.target.value)} />
        <Button
          busy={act.isPending}
          disabledReason={refusal ?? (text.trim() === "" ? "Write something first." : null)}
          onClick={mark("annotate")}
        >
          Annotate
        </Button>
      </div>
    </div>
  );
}

function Entry({ incidentId, entry }: { readonly incidentId: string; readonly entry: InvestigationEntry }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li className="entry" data-kind={entry.source} data-hidden={entry.hidden || undefined}>
      <span className="entry-icon">
        <Icon name={SOURCE_ICONS[entry.source]} size={14} />
      </span>
      <div className="entry-body">
        <p className="entry-text">{entry.text}</p>
        <p className="row-sub">
          <span className="number">
            <At at={entry.at} />
          </span>
          {entry.actor === null ? (
            <span className="wrap-anywhere">{entry.agentId ?? entry.from}</span>
          ) : (
            <ActorName actor={entry.actor} />
          )}
          <span>{TIMELINE_SOURCE_WORDS[entry.source]}</span>
          <Moved entry={entry} />
          {entry.redacted.length > 0 && <span>taken out: {entry.redacted.join(", ")}</span>}
        </p>
        {(entry.pinned || entry.hidden || entry.risk !== null || entry.outcome === "denied") && (
          <p className="entry-badges">
            {entry.pinned && <Badge tone="info">Pinned</Badge>}
            {entry.hidden && <Badge tone="neutral">Hidden from the curated view</Badge>}
            {entry.outcome === "denied" && <Badge tone="ok">Denied</Badge>}
            {entry.risk !== null && <Badge tone="warn">Risk {entry.risk}</Badge>}
          </p>
        )}
        {entry.annotations.map((note) => (
          <p key={`${note.at} ${note.text}`} className="entry-note">
            <Icon name="note" size={12} /> {note.text}
            <span className="muted">
              {" "}
              <ActorName actor={note.actor} />, <At at={note.at} />
            </span>
          </p>
        ))}
      </div>
      <IconButton
        icon="more"
        label={`More of this entry: ${entry.text.slice(0, 60)}`}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && <EntryActs incidentId={incidentId} entry={entry} />}
    </li>
  );
}

function Composer({ incidentId }: { readonly incidentId: string }) {
  const [text, setText] = useState("");
  const refusal = useRefusal("responder");
  const act = useAct(() => addNote(incidentId, text.trim()), {
    stale: ["incident", "timeline"],
    onDone: () => setText(""),
  });
  const blocked = refusal ?? (text.trim() === "" ? "Write something first." : null);
  const send = () => {
    if (blocked === null && !act.isPending) act.mutate();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <TextArea
        label="Note"
        rows={2}
        placeholder="What you see, decide or do. Ctrl-Enter adds it."
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ProblemNotice error={act.error} />
      <Button type="submit" icon="note" busy={act.isPending} disabledReason={blocked}>
        Add note
      </Button>
    </form>
  );
}

function sayClock(clock: SourceClock): string {
  const who = `${clock.source} (${clock.agentId})`;
  if (clock.state === "corrected") {
    const by = formatSpan(Math.abs(clock.medianMs));
    return `${who} is ${by} ${clock.medianMs > 0 ? "behind" : "ahead"}: its times are moved.`;
  }
  return `${who}: events arrived ${signed(clock.lowMs)} to ${signed(clock.highMs)} after their time; they stand where they say.`;
}

function Clocks({ clocks }: { readonly clocks: readonly SourceClock[] }) {
  const wrong = clocks.filter((clock) => clock.state !== "in_step");
  if (wrong.length === 0) return null;
  return (
    <details className="panel-note">
      <summary>{count(wrong.length, "source")} with a clock that differs</summary>
      <ul className="plain-list">
        {wrong.map((clock) => (
          <li key={`${clock.agentId} ${clock.source}`} className="wrap-anywhere">
            {sayClock(clock)}
          </li>
        ))}
      </ul>
    </details>
  );
}

const EVERYTHING = "";
const SOURCE_OPTIONS = [
  { value: EVERYTHING, label: "Every source" },
  ...TIMELINE_SOURCES.map((value) => ({ value, label: sayName(TIMELINE_SOURCE_WORDS[value]) })),
];
const VIEW_OPTIONS = [
  { value: "curated", label: "What matters" },
  { value: "all", label: "Everything" },
];

/** Everything that happened, out of every source in one order, newest first. */
export function Timeline({ incident }: { readonly incident: IncidentDetail }) {
  const [source, setSource] = useState(EVERYTHING);
  const [view, setView] = useState<TimelineView>("curated");
  const query = useInfiniteQuery(timelineQuery(incident.id, view, source));
  const pages = query.data?.pages ?? [];
  const entries = pages.flatMap((page) => page.items);
  return (
    <Panel
      title="Timeline"
      icon="clock"
      aside={
        <>
          <SelectField
            label="Show"
            value={view}
            options={VIEW_OPTIONS}
            onChange={(value) => setView(value === "all" ? "all" : "curated")}
          />
          <SelectField label="Source" value={source} options={SOURCE_OPTIONS} onChange={setSource} />
        </>
      }
    >
      <Composer incidentId={incident.id} />
      <ProblemNotice error={query.error} />
      <Clocks clocks={pages[0]?.clocks ?? []} />
      {query.isPending && <Loading rows={5} />}
      {query.data !== undefined && entries.length === 0 && (
        <Empty title="Nothing in this view">Show everything, or write the first note above.</Empty>
      )}
      <ol className="timeline">
        {entries.map((entry) => (
          <Entry key={entry.ref} incidentId={incident.id} entry={entry} />
        ))}
      </ol>
      <div className="panel-body stack">
        {query.hasNextPage && (
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        )}
        <ExportForm what="timeline" act={(format) => exportTimeline(incident.id, format, view)} />
      </div>
    </Panel>
  );
}
