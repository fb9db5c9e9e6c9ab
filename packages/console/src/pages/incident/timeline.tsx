import { type FormEvent, type KeyboardEvent, useState } from "react";
import type { IncidentDetail, TimelineEntry } from "@firebreak/protocol";
import { addNote } from "../../api/commands.ts";
import { ActorName, At, ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea } from "../../ui/fields.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { sayName } from "../../words.ts";

/** By the first word of the entry's kind; kinds are open, so the rest gets a dot. */
const KIND_ICONS: Readonly<Record<string, IconName>> = {
  alert: "bolt",
  note: "note",
  stop: "stop",
  hold: "stop",
  resume: "play",
  run: "rules",
  step: "rules",
  evidence: "archive",
  delivery: "mail",
  notification: "mail",
  clock: "clock",
  acknowledged: "person",
  contained: "shield",
  resolved: "check",
  state: "arrow",
  playbook: "rules",
  review: "note",
  opened: "incident",
  detected: "incident",
};

const firstWord = (kind: string) => kind.split(/[._-]/)[0] ?? kind;

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  return (
    <li className="entry" data-kind={firstWord(entry.kind)}>
      <span className="entry-icon">
        <Icon name={KIND_ICONS[firstWord(entry.kind)] ?? "dot"} size={14} />
      </span>
      <div className="entry-body">
        <p className="entry-text">{entry.text}</p>
        <p className="row-sub">
          <span className="number">
            <At at={entry.at} />
          </span>
          <ActorName actor={entry.actor} />
          <span>{sayName(entry.kind)}</span>
          {entry.source !== "" && <span>from {entry.source}</span>}
        </p>
      </div>
    </li>
  );
}

function Composer({ incidentId }: { readonly incidentId: string }) {
  const [text, setText] = useState("");
  const refusal = useRefusal("responder");
  const act = useAct(() => addNote(incidentId, text.trim()), { stale: ["incident"], onDone: () => setText("") });
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

const EVERYTHING = "";

/** Everything that happened, newest first, narrowed by kind when there is much of it. */
export function Timeline({ incident }: { readonly incident: IncidentDetail }) {
  const [kind, setKind] = useState(EVERYTHING);
  const kinds = [...new Set(incident.timeline.map((entry) => firstWord(entry.kind)))].toSorted();
  const shown = incident.timeline
    .filter((entry) => kind === EVERYTHING || firstWord(entry.kind) === kind)
    .toSorted((a, b) => b.at.localeCompare(a.at));
  const options = [
    { value: EVERYTHING, label: "Everything" },
    ...kinds.map((value) => ({ value, label: sayName(value) })),
  ];
  return (
    <Panel
      title="Timeline"
      icon="clock"
      aside={<SelectField label="Show" value={kind} options={options} onChange={setKind} />}
    >
      <Composer incidentId={incident.id} />
      {shown.length === 0 ? (
        <Empty title="Nothing on the timeline yet">Write the first note above.</Empty>
      ) : (
        <ol className="timeline">
          {shown.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
    </Panel>
  );
}
