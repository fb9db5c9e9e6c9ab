import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import type { AlertView, SilenceKind, SilencePreview, SilenceView } from "@firebreak/protocol";
import { createSilence, expireSilence, resolveAlert } from "../api/commands.ts";
import { silencePreviewQuery } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { count } from "../words.ts";
import { ProblemNotice } from "./bits.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";

const STALE = ["alerts", "silences", "incident", "overview"];

const HOUR_MS = 3_600_000;
const LENGTHS = [
  { value: String(HOUR_MS), label: "1 hour" },
  { value: String(2 * HOUR_MS), label: "2 hours" },
  { value: String(8 * HOUR_MS), label: "8 hours" },
  { value: String(24 * HOUR_MS), label: "1 day" },
  { value: String(7 * 24 * HOUR_MS), label: "1 week" },
  { value: String(30 * 24 * HOUR_MS), label: "30 days" },
];
const KINDS = [
  { value: "silence", label: "Silence" },
  { value: "maintenance", label: "Maintenance window" },
];

/** What would be muted, before it is. */
function Preview({ preview }: { readonly preview: SilencePreview }) {
  return (
    <Notice
      tone={preview.warnings.length > 0 ? "warn" : "info"}
      title={`Mutes ${preview.matched} of ${count(preview.openAlerts, "open alert")}`}
    >
      {preview.warnings.map((warning) => (
        <p key={warning}>Careful: {warning}.</p>
      ))}
      {preview.containing > 0 && (
        <p>{count(preview.containing, "of them")} stop an agent by themselves: those are let through.</p>
      )}
      <ul className="plain">
        {preview.sample.slice(0, 5).map((alert) => (
          <li key={alert.id} className="wrap-anywhere">
            {alert.severityLabel} {alert.title}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

interface SilenceDialogProps {
  readonly match?: string | undefined;
  readonly onClose: () => void;
}

export function SilenceDialog({ match: given = "", onClose }: SilenceDialogProps) {
  const [match, setMatch] = useState(given);
  const [reason, setReason] = useState("");
  const [lengthMs, setLengthMs] = useState(String(2 * HOUR_MS));
  const [kind, setKind] = useState<SilenceKind>("silence");
  const [isConfirmed, setConfirmed] = useState(false);
  const asked = useDeferredValue(match.trim());
  const preview = useQuery({ ...silencePreviewQuery(asked), enabled: asked !== "" });
  const refusal = useRefusal("responder");
  const act = useAct(
    () =>
      createSilence({
        kind,
        match: match.trim(),
        reason: reason.trim(),
        endsAt: new Date(Date.now() + Number(lengthMs)).toISOString(),
        muteEverything: isConfirmed,
      }),
    { stale: STALE, done: "The alerts are muted", onDone: onClose },
  );
  const isWide = (preview.data?.warnings.length ?? 0) > 0;
  const missing =
    (preview.data === undefined || asked !== match.trim()
      ? "Say which alerts; what would be muted is shown first."
      : null) ??
    tooShort(reason, "a reason") ??
    (isWide && !isConfirmed ? "Confirm that nearly everything is to be muted." : null);
  return (
    <FormDialog
      title="Mute alerts"
      description="What matches opens no incident and tells nobody until the end. It is shown as held, and goes on then if it is still open."
      action="Mute"
      refusal={refusal ?? missing}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <TextField
        label="Which alerts"
        placeholder={'team="db", instance=~"web-.*"'}
        hint="Conditions on labels that must all hold: = and !=, or =~ and !~ with a regular expression."
        value={match}
        onChange={(event) => setMatch(event.target.value)}
      />
      <ProblemNotice error={preview.error} />
      {preview.data !== undefined && <Preview preview={preview.data} />}
      {isWide && (
        <label className="choice">
          <input type="checkbox" checked={isConfirmed} onChange={(event) => setConfirmed(event.target.checked)} />
          <span className="choice-label">Mute nearly everything</span>
        </label>
      )}
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
      <SelectField label="How long" value={lengthMs} options={LENGTHS} onChange={setLengthMs} />
      <SelectField
        label="What it is"
        value={kind}
        options={KINDS}
        onChange={(value) => setKind(value === "maintenance" ? "maintenance" : "silence")}
      />
    </FormDialog>
  );
}

interface ExpireDialogProps {
  readonly silence: SilenceView;
  readonly onClose: () => void;
}

export function ExpireDialog({ silence, onClose }: ExpireDialogProps) {
  return (
    <ReasonDialog
      title="End it now"
      description={`${silence.matchersText}: it holds ${count(silence.holding, "open alert")}, which then open incidents and tell people.`}
      action="End it"
      done="It is over"
      stale={STALE}
      send={(reason) => expireSilence(silence.id, reason)}
      onClose={onClose}
    />
  );
}

interface ResolveAlertDialogProps {
  readonly alert: AlertView;
  readonly onClose: () => void;
}

export function ResolveAlertDialog({ alert, onClose }: ResolveAlertDialogProps) {
  return (
    <ReasonDialog
      title="Resolve the alert"
      description={`“${alert.title}” is over. Its incident stays what it is; the next report opens a new alert.`}
      action="Resolve"
      done="The alert is resolved"
      stale={STALE}
      send={(reason) => resolveAlert(alert.id, reason)}
      onClose={onClose}
    />
  );
}
