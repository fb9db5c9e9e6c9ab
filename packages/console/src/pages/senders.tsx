/** Senders that are let in: part of the settings. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type NewSourceView, SOURCE_KINDS, type SourceKind, type SourceView } from "@firebreak/protocol";
import { createSource, removeSource, rotateSource } from "../api/commands.ts";
import { changesQuery, refusalsQuery, sourcesQuery } from "../api/queries.ts";
import { Ago, ProblemNotice } from "../components/bits.tsx";
import { Loaded } from "../components/page.tsx";
import { useAct } from "../hooks/use-act.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { notify } from "../ui/toast.tsx";
import { SenderDialog } from "./sender-dialog.tsx";

const KIND_LABELS: Readonly<Record<SourceKind, string>> = {
  alertmanager: "Prometheus, Alertmanager",
  pagerduty: "PagerDuty Events",
  opsgenie: "Opsgenie",
  grafana: "Grafana",
  cloudevents: "CloudEvents",
  webhook: "Webhook",
};

function KeyDialog({ made, onClose }: { readonly made: NewSourceView; readonly onClose: () => void }) {
  const copy = (text: string) => {
    navigator.clipboard.writeText(text).then(
      () => notify("done", "Copied"),
      () => notify("fault", "It could not be copied", "Select the text and copy it by hand."),
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`The key of ${made.source.name}, shown once`}
      description="Firebreak keeps only a hash of it. Paste it or the lines below into the sender's configuration, then close this."
    >
      <pre className="command">{made.key}</pre>
      <pre className="command">{made.setup}</pre>
      <div className="form-actions">
        <Button icon="copy" onClick={() => copy(made.key)}>
          Copy the key
        </Button>
        <Button icon="copy" onClick={() => copy(made.setup)}>
          Copy the lines
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function NewSource({ onMade }: { readonly onMade: (made: NewSourceView) => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<SourceKind>("alertmanager");
  const act = useAct(createSource, { stale: ["sources"], onDone: onMade });
  const missing = name.trim() === "" ? "Give it a name." : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing === null && !act.isPending) act.mutate({ name: name.trim(), kind });
  };
  return (
    <form className="form form-inline" onSubmit={submit}>
      <TextField label="Name of the sender" value={name} onChange={(event) => setName(event.target.value)} />
      <SelectField
        label="Kind"
        value={kind}
        options={SOURCE_KINDS.map((value) => ({ value, label: KIND_LABELS[value] }))}
        onChange={(text) => setKind(SOURCE_KINDS.find((value) => value === text) ?? kind)}
      />
      <Button type="submit" icon="key" busy={act.isPending} disabledReason={missing}>
        Let it in
      </Button>
      <ProblemNotice error={act.error} />
    </form>
  );
}

function RemoveDialog({ source, onClose }: { readonly source: SourceView; readonly onClose: () => void }) {
  const remove = useAct(() => removeSource(source.name), {
    stale: ["sources"],
    done: `${source.name} is let in no more`,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Let ${source.name} in no more?`}
      description="Its sender is refused from then on: what it reports is lost until it has another key. Its alerts stay as they are."
    >
      <ProblemNotice error={remove.error} />
      <div className="form-actions">
        <Button onClick={onClose}>Keep it</Button>
        <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
          Remove it
        </Button>
      </div>
    </Dialog>
  );
}

interface RowProps {
  readonly source: SourceView;
  readonly onKey: (made: NewSourceView) => void;
}

function SourceRow({ source, onKey }: RowProps) {
  const stale = ["sources"];
  const rotate = useAct(() => rotateSource(source.name), { stale, onDone: onKey, inToast: true });
  const [dialog, setDialog] = useState<"change" | "remove" | null>(null);
  const close = () => setDialog(null);
  return (
    <li className="row act-row">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{source.name}</strong>
          <span className="muted">{KIND_LABELS[source.kind]}</span>
        </p>
        <p className="row-sub">
          <span>
            {source.lastHeardAt === null ? (
              "never heard"
            ) : (
              <>
                heard <Ago at={source.lastHeardAt} />
              </>
            )}
          </span>
          <span>{source.accepted} accepted</span>
          <span>{source.refused} refused</span>
        </p>
      </div>
      {source.refused > 0 && <Badge tone="warn">Refusals</Badge>}
      <div className="row-actions">
        <Button onClick={() => setDialog("change")}>Change…</Button>
        <Button busy={rotate.isPending} onClick={() => rotate.mutate()}>
          New key
        </Button>
        <Button onClick={() => setDialog("remove")}>Remove…</Button>
      </div>
      {dialog === "change" && <SenderDialog source={source} onClose={close} />}
      {dialog === "remove" && <RemoveDialog source={source} onClose={close} />}
    </li>
  );
}

export function Senders() {
  const query = useQuery(sourcesQuery);
  const [made, setMade] = useState<NewSourceView | null>(null);
  return (
    <Panel title="Senders" icon="bolt">
      <div className="panel-body">
        <NewSource onMade={setMade} />
      </div>
      <Loaded query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No sender yet">
              Prometheus, Alertmanager, PagerDuty and Opsgenie clients, Grafana and others send here with only their
              address and key changed.
            </Empty>
          ) : (
            <ul className="rows">
              {page.items.map((source) => (
                <SourceRow key={source.name} source={source} onKey={setMade} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {made !== null && <KeyDialog made={made} onClose={() => setMade(null)} />}
    </Panel>
  );
}

export function Refusals() {
  const query = useQuery(refusalsQuery);
  return (
    <Panel title="Refused messages" icon="warn">
      <Loaded query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="Nothing was refused">
              A message with a mistyped key or in a broken format would stand here, with the reason.
            </Empty>
          ) : (
            <ul className="rows">
              {page.items.map((refusal) => (
                <li key={refusal.id} className="row agent-row">
                  <div className="agent-main">
                    <p className="agent-name">
                      <strong className="wrap-anywhere">{refusal.reason}</strong>
                    </p>
                    <p className="row-sub">
                      <span>{refusal.source ?? "no source"}</span>
                      <span className="wrap-anywhere">{refusal.endpoint}</span>
                      {refusal.summary !== "" && <span className="wrap-anywhere">{refusal.summary}</span>}
                      <Ago at={refusal.at} />
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

export function Changes() {
  const query = useQuery(changesQuery);
  return (
    <Panel title="Recent changes" icon="clock">
      <Loaded query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No change was reported yet">
              PagerDuty change events, such as deployments, stand here and in the timeline of open incidents.
            </Empty>
          ) : (
            <ul className="rows">
              {page.items.map((change) => (
                <li key={change.id} className="row agent-row">
                  <div className="agent-main">
                    <p className="agent-name">
                      <strong className="wrap-anywhere">{change.summary}</strong>
                    </p>
                    <p className="row-sub">
                      <span className="wrap-anywhere">{change.origin ?? change.source}</span>
                      <Ago at={change.at} />
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
