/** A yes that a commander gives alone because nobody else can be reached, and what another person says of it afterwards. */
import { useState } from "react";
import type { ApprovalView } from "@firebreak/protocol";
import { breakGlass, reviewApproval } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { useMe, useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Checklist, TextArea } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { ActorName, At, ProblemNotice } from "./bits.tsx";
import { tooShort } from "./dialogs.tsx";

/** Only steps of playbooks can be answered alone, and only in an incident of severity 1: the server says when it is not. */
export function BreakGlass({ approval }: { readonly approval: ApprovalView }) {
  const [reason, setReason] = useState("");
  const [checked, setChecked] = useState<string[]>([]);
  const refusal = useRefusal("commander");
  const act = useAct(() => breakGlass(approval.id, { reason: reason.trim(), digest: approval.digest, checked }), {
    done: "Approved alone; another person has to review it",
  });
  const unchecked = approval.checklist.some((line) => !checked.includes(line)) ? "Check every line first." : null;
  if (approval.kind !== "playbook.step" || approval.state !== "pending" || approval.incidentId === null) return null;
  return (
    <details className="break-glass">
      <summary>Nobody else can be reached…</summary>
      <div className="form">
        <p>
          In an incident of severity 1 a commander may say yes alone. It stands on record as break-glass, and stays open
          until another person has reviewed it.
        </p>
        {approval.checklist.length > 0 && (
          <Checklist label="Checked by you" lines={approval.checklist} checked={checked} onChange={setChecked} />
        )}
        <TextArea
          label="Why it cannot wait for them"
          rows={2}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <ProblemNotice error={act.error} />
        <div className="form-actions">
          <Button
            kind="danger"
            icon="warn"
            busy={act.isPending}
            disabledReason={refusal ?? unchecked ?? tooShort(reason, "a reason")}
            onClick={() => act.mutate()}
          >
            Break the glass
          </Button>
        </div>
      </div>
    </details>
  );
}

/** Says that the glass was broken, and lets another person review it. */
export function GlassReview({ approval }: { readonly approval: ApprovalView }) {
  const { actor } = useMe();
  const [note, setNote] = useState("");
  const role = useRefusal("responder");
  const act = useAct(
    (verdict: "justified" | "not_justified") => reviewApproval(approval.id, { verdict, note: note.trim() }),
    { done: "Reviewed" },
  );
  const { breakGlass: broken, reviewed } = approval;
  if (broken === null) return null;
  if (reviewed !== null)
    return (
      <p className="hold-reason wrap-anywhere">
        Break-glass by <ActorName actor={broken.by} />, found {reviewed.verdict.replace("_", " ")} by{" "}
        <ActorName actor={reviewed.by} />: {reviewed.note}
      </p>
    );
  const own = actor.id === broken.by.id ? "Who broke the glass cannot review it." : null;
  const refusal = role ?? own ?? tooShort(note, "what you found");
  return (
    <Notice tone="warn" title={`${broken.by.name} approved it alone; another person has to review that`}>
      <p className="wrap-anywhere">
        <At at={broken.at} />: {broken.reason}
      </p>
      <div className="form">
        <TextArea
          label="What you found"
          rows={2}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <ProblemNotice error={act.error} />
        <div className="form-actions">
          <Button busy={act.isPending} disabledReason={refusal} onClick={() => act.mutate("not_justified")}>
            It was not justified
          </Button>
          <Button kind="primary" busy={act.isPending} disabledReason={refusal} onClick={() => act.mutate("justified")}>
            It was justified
          </Button>
        </div>
      </div>
    </Notice>
  );
}
