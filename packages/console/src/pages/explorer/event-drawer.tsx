import { useQuery } from "@tanstack/react-query";
import type { EventDetail, EventView } from "@firebreak/protocol";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { eventQuery } from "../../api/explorer-queries.ts";
import { At } from "../../components/bits.tsx";
import { LogProof } from "../../components/log-proof.tsx";
import { LongText } from "../../components/long-text.tsx";
import { Loaded } from "../../components/page.tsx";
import { showHidden } from "../../harmless.ts";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { agentPath, explorerPath, incidentPath, sessionPath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { type Fact, Facts } from "../../ui/layout.tsx";
import { notify } from "../../ui/toast.tsx";
import { SEVERITY_TONES } from "../../words.ts";
import { EventFields } from "./event-fields.tsx";

function factsOf({
  seq,
  id,
  time,
  receivedTime,
  source,
  agent,
  kind,
  outcome,
  risk,
  resource,
}: EventView): readonly Fact[] {
  const { pack, session, run } = agent;
  const only = (name: string, value: string): ReactNode => (
    <Link href={explorerPath({ [name]: value })}>{showHidden(value)}</Link>
  );
  return [
    { label: "When", value: <At at={time} withDay /> },
    { label: "Received", value: <At at={receivedTime} withDay /> },
    { label: "Agent", value: <Link href={agentPath(agent.id)}>{agent.id}</Link> },
    ...(pack === undefined ? [] : [{ label: "Pack", value: only("pack", pack) }]),
    ...(session === undefined
      ? []
      : [
          {
            label: "Session",
            value: <Link href={`${sessionPath(session)}?event=${seq}`}>{showHidden(session)}: replay</Link>,
          },
        ]),
    ...(run === undefined ? [] : [{ label: "Run", value: only("run", run) }]),
    { label: "Kind", value: only("kind", kind) },
    { label: "Outcome", value: outcome },
    ...(risk === null ? [] : [{ label: "Risk", value: risk }]),
    ...(resource === null
      ? []
      : [{ label: "Resource", value: <span className="wrap-anywhere">{showHidden(resource)}</span> }]),
    { label: "Source", value: only("source", source) },
    { label: "Id", value: <code className="wrap-anywhere">{showHidden(id)}</code> },
    { label: "Number", value: seq },
  ];
}

function Found({ event: { redacted, indicators } }: { readonly event: EventView }) {
  return (
    <>
      {redacted.length > 0 && (
        <p>
          Taken out before it was stored:{" "}
          {redacted
            .map(({ category, type, path, count }) => `${count} × ${category} (${type}) in ${showHidden(path)}`)
            .join("; ")}
        </p>
      )}
      {indicators.map(({ id, type, value, source, path }) => (
        <p key={id} className="wrap-anywhere">
          <Badge tone="danger">Indicator</Badge> {type} {showHidden(value)} of {showHidden(source)}, in{" "}
          {showHidden(path)}
        </p>
      ))}
    </>
  );
}

function Alerts({ alerts }: Pick<EventDetail, "alerts">) {
  return alerts.map(({ id, title, severity, incidentId }) => (
    <p key={id} className="moment-alert">
      <Badge tone={SEVERITY_TONES[severity]} icon="bolt">
        Alert
      </Badge>
      <span className="wrap-anywhere">{showHidden(title)}</span>
      {incidentId !== null && <Link href={incidentPath(incidentId)}>{incidentId}</Link>}
    </p>
  ));
}

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify("done", `${what} copied`);
  } catch {
    notify("info", "Copy it yourself: the browser does not allow it", text);
  }
}

interface DetailProps {
  readonly detail: EventDetail;
  readonly onNarrow: (condition: string) => void;
}

function Detail({ detail: { event, alerts }, onNarrow }: DetailProps) {
  const json = JSON.stringify(event, null, 2);
  const open = useDialogs();
  return (
    <div className="event-detail">
      <Alerts alerts={alerts} />
      <Facts facts={factsOf(event)} />
      <Found event={event} />
      <LongText text={JSON.stringify(event.data, null, 2)} label="data" />
      <EventFields data={event.data} onNarrow={onNarrow} />
      <div className="row-actions">
        <Button icon="copy" onClick={() => void copy(window.location.href, "The address")}>
          Copy address
        </Button>
        <Button icon="copy" onClick={() => void copy(json, "The event")}>
          Copy JSON
        </Button>
        {event.redacted.some(({ kept }) => kept) && (
          <Button icon="shield" onClick={() => open({ kind: "reveal", eventId: event.id })}>
            Reveal what was taken out…
          </Button>
        )}
        <LogProof of="event" seq={event.seq} />
      </div>
    </div>
  );
}

interface EventDrawerProps {
  readonly seq: number | null;
  readonly onClose: () => void;
  /** takes a condition on the record that the list is narrowed to */
  readonly onNarrow: (condition: string) => void;
}

/** One event with everything that is known of it, and the ways that lead on from it. */
export function EventDrawer({ seq, onClose, onNarrow }: EventDrawerProps) {
  return (
    <Dialog open={seq !== null} onClose={onClose} title={`Event ${seq ?? ""}`} wide>
      {seq !== null && <Opened seq={seq} onNarrow={onNarrow} />}
    </Dialog>
  );
}

function Opened({ seq, onNarrow }: { readonly seq: number; readonly onNarrow: DetailProps["onNarrow"] }) {
  const query = useQuery(eventQuery(seq));
  return <Loaded query={query}>{(detail) => <Detail detail={detail} onNarrow={onNarrow} />}</Loaded>;
}
