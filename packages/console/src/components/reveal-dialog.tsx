import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { OriginalsView, RevealView } from "@firebreak/protocol";
import { revealOriginals } from "../api/commands.ts";
import { originalsQuery } from "../api/queries.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextArea } from "../ui/fields.tsx";
import { Loading, Notice } from "../ui/layout.tsx";
import { count } from "../words.ts";
import { Ago, ProblemNotice } from "./bits.tsx";
import { tooShort } from "./dialogs.tsx";

const STATES = {
  kept: { label: "Kept", tone: "ok" },
  erased: { label: "Erased", tone: "neutral" },
  locked: { label: "Key missing", tone: "warn" },
  missing: { label: "Missing", tone: "danger" },
} as const;

/** What was kept, category by category, and who has seen it before. */
function Kept({ view }: { readonly view: OriginalsView }) {
  if (view.items.length === 0) {
    return <p className="muted">Nothing of this event was kept: the policy made its redaction irreversible.</p>;
  }
  return (
    <>
      <ul className="plain">
        {view.items.map(({ category, state, erasure }) => (
          <li key={category} data-category={category}>
            <code>{category}</code> <Badge tone={STATES[state].tone}>{STATES[state].label}</Badge>{" "}
            {erasure !== null && (
              <span className="muted wrap-anywhere">
                by {erasure.by.name} <Ago at={erasure.at} />: {erasure.reason}
              </span>
            )}
          </li>
        ))}
      </ul>
      {view.reveals.length > 0 && (
        <details>
          <summary>Seen {count(view.reveals.length, "time")} before</summary>
          <ul className="plain">
            {view.reveals.map(({ at, by, reason }) => (
              <li key={`${at} ${by.id}`} className="wrap-anywhere">
                {by.name} <Ago at={at} />: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** Marks that reorder, hide or control text are shown as what they are. */
const visible = (text: string) =>
  text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (mark) =>
    mark === "\n" ? mark : `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );

function Values({ view }: { readonly view: RevealView }) {
  return (
    <>
      <dl className="revealed">
        {view.values.map(({ category, path, text }, index) => (
          <div key={`${index} ${path}`}>
            <dt>
              {category} <code className="wrap-anywhere">{path}</code>
            </dt>
            <dd>
              <pre className="data">{visible(text)}</pre>
            </dd>
          </div>
        ))}
      </dl>
      {view.unreadable.map(({ category, problem }) => (
        <Notice key={category} tone="warn" title={category}>
          {problem}
        </Notice>
      ))}
      <p className="muted">
        Shown once and kept nowhere. That you saw it is on record; {count(view.left, "reveal")} left within the hour.
      </p>
    </>
  );
}

interface RevealDialogProps {
  readonly eventId: string;
  readonly onClose: () => void;
}

/** The values live in this dialog alone: neither in a cache nor in the address, and they are gone when it closes. */
export function RevealDialog({ eventId, onClose }: RevealDialogProps) {
  const originals = useQuery(originalsQuery(eventId));
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState<RevealView | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const role = useRefusal("responder");
  const nothing = originals.data?.items.some(({ state }) => state === "kept") ? null : "There is nothing to reveal.";
  const refusal = role ?? originals.data?.refusal ?? nothing ?? tooShort(reason, "a reason");
  const reveal = async () => {
    setBusy(true);
    setError(null);
    try {
      setShown(await revealOriginals(eventId, reason.trim()));
      await queries.invalidateQueries({ queryKey: ["originals", eventId] });
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (refusal === null && !busy) void reveal();
  };
  return (
    <Dialog open wide onClose={onClose} title="Reveal what was redacted" description={`Of the event ${eventId}.`}>
      <form onSubmit={submit} className="form">
        {originals.isPending && <Loading rows={2} />}
        <ProblemNotice error={originals.error} />
        {originals.data !== undefined && <Kept view={originals.data} />}
        {shown === null ? (
          <TextArea
            label="Why"
            hint="Who asked, when and why goes into the audit log before anything is shown."
            rows={2}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        ) : (
          <Values view={shown} />
        )}
        <ProblemNotice error={error} />
        <div className="form-actions">
          <Button onClick={onClose}>{shown === null ? "Cancel" : "Close"}</Button>
          {shown === null && (
            <Button type="submit" kind="primary" busy={busy} disabledReason={refusal}>
              Reveal
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
