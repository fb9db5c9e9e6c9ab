import { useState } from "react";
import { LEGAL_HOLD_SCOPES, type LegalHoldScope, type LegalHoldView, type RetentionNotice } from "@firebreak/protocol";
import { applyLegalHold, cancelRetentionNotice, releaseLegalHold } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { notify } from "../ui/toast.tsx";
import { count } from "../words.ts";
import { AloneCheck } from "./alone-check.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";

const STALE = ["retention", "retention-preview", "retention-notices", "legal-holds", "approvals"];

const SCOPES = {
  all: "Everything",
  incident: "An incident, with what its agents did",
  agent: "An agent",
  pack: "A pack",
  session: "A session",
  evidence: "An archive of evidence",
} as const satisfies Record<LegalHoldScope, string>;

/** @returns the beginning of a day that was chosen, where the reader is; null when none was */
const dayOf = (text: string, plusDays: number): string | null => {
  if (text === "") return null;
  const day = new Date(`${text}T00:00:00`);
  day.setDate(day.getDate() + plusDays);
  return day.toISOString();
};

export function ApplyLegalHoldDialog({ onClose }: { readonly onClose: () => void }) {
  const [caseId, setCaseId] = useState("");
  const [scope, setScope] = useState<LegalHoldScope>("incident");
  const [target, setTarget] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [reason, setReason] = useState("");
  const refusal = useRefusal("commander");
  const act = useAct(applyLegalHold, { stale: STALE, done: "The legal hold is in force", onDone: onClose });
  const missing =
    (caseId.trim() === "" ? "Name the case." : null) ??
    (scope !== "all" && target.trim() === "" ? "Name what is held." : null) ??
    (from !== "" && to !== "" && from > to ? "The first day lies after the last." : null) ??
    tooShort(reason, "a reason");
  return (
    <FormDialog
      title="Apply a legal hold"
      description="From now on nothing of it is archived or deleted, until two persons release it. Where a row does not say whose it is, it is held when it mentions the name."
      action="Apply"
      refusal={refusal ?? missing}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() =>
        act.mutate({
          caseId: caseId.trim(),
          scope,
          target: scope === "all" ? null : target.trim(),
          from: dayOf(from, 0),
          to: dayOf(to, 1),
          reason: reason.trim(),
        })
      }
    >
      <TextField label="Case" value={caseId} maxLength={64} onChange={(event) => setCaseId(event.target.value)} />
      <SelectField
        label="What is held"
        value={scope}
        options={LEGAL_HOLD_SCOPES.map((value) => ({ value, label: SCOPES[value] }))}
        onChange={(text) => setScope(LEGAL_HOLD_SCOPES.find((value) => value === text) ?? scope)}
      />
      {scope !== "all" && (
        <TextField
          label="Its name or id"
          value={target}
          maxLength={128}
          autoCapitalize="off"
          onChange={(event) => setTarget(event.target.value)}
        />
      )}
      <TextField
        label="First day (when not from the beginning)"
        type="date"
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
      <TextField
        label="Last day (when not without end)"
        type="date"
        value={to}
        onChange={(event) => setTo(event.target.value)}
      />
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

interface ReleaseProps {
  readonly hold: LegalHoldView;
  readonly onClose: () => void;
}

export function ReleaseLegalHoldDialog({ hold, onClose }: ReleaseProps) {
  const [reason, setReason] = useState("");
  const [alone, setAlone] = useState(false);
  const refusal = useRefusal("admin");
  const act = useAct(() => releaseLegalHold(hold.id, { reason: reason.trim(), alone }), {
    stale: STALE,
    onDone: ({ released }) => {
      if (released) notify("done", "The legal hold is released");
      else notify("done", "Asked", "It stays in force until another person approves.");
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Release the legal hold of case ${hold.caseId}`}
      description="A second person has to approve. After that what it held is archived again as the policy says, and deleted after a notice."
      action="Ask for the release"
      refusal={refusal ?? tooShort(reason, "a reason")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
      <AloneCheck act="release" alone={alone} onChange={setAlone} />
    </FormDialog>
  );
}

interface CancelProps {
  readonly notice: RetentionNotice;
  readonly onClose: () => void;
}

export function CancelNoticeDialog({ notice, onClose }: CancelProps) {
  return (
    <ReasonDialog
      title="Put the deletion off"
      description={`${count(notice.rows, "row")} of ${notice.class} stay for now. The deletion is announced again once as long as its notice has passed; a legal hold keeps them for good.`}
      action="Put off"
      done="The deletion is put off"
      role="commander"
      stale={STALE}
      send={(reason) => cancelRetentionNotice(notice.id, reason)}
      onClose={onClose}
    />
  );
}
