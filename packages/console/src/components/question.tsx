import { useState } from "react";
import type { ApprovalAnswer, ApprovalView } from "@firebreak/protocol";
import { Link } from "wouter";
import type { Answer } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { incidentPath } from "../navigation.ts";
import { Button } from "../ui/button.tsx";
import { Checklist, TextArea } from "../ui/fields.tsx";
import { APPROVAL_WORDS } from "../words.ts";
import { ActorName, Ago, At, ProblemNotice, StateBadge } from "./bits.tsx";
import { tooShort } from "./dialogs.tsx";

/** Exactly what would be done, as it would be done. */
export function QuestionArguments({ approval }: { readonly approval: ApprovalView }) {
  return (
    <details className="approval-arguments">
      <summary>Exact arguments of {approval.kind}</summary>
      <pre className="command">{JSON.stringify(approval.arguments, null, 2)}</pre>
      <p className="muted wrap-anywhere">digest {approval.digest}</p>
    </details>
  );
}

export function AboutQuestion({ approval }: { readonly approval: ApprovalView }) {
  return (
    <>
      <p className="hold-title">
        <StateBadge word={APPROVAL_WORDS[approval.state]} />
        <strong className="wrap-anywhere">{approval.title}</strong>
      </p>
      <p className="hold-reason wrap-anywhere">
        <ActorName actor={approval.requestedBy} />: {approval.reason}
      </p>
      <p className="row-sub">
        <span>
          asked <Ago at={approval.requestedAt} />
        </span>
        {approval.state === "pending" && (
          <span>
            expires <Ago at={approval.expiresAt} />
          </span>
        )}
        <span>
          {approval.answers.filter((one) => one.answer === "approved").length} of {approval.answersNeeded} agreed
        </span>
        {approval.incidentId !== null && <Link href={incidentPath(approval.incidentId)}>{approval.incidentId}</Link>}
      </p>
      {approval.answers.map((one) => (
        <p key={`${one.by.id} ${one.at}`} className="hold-reason wrap-anywhere">
          <At at={one.at} /> · <ActorName actor={one.by} /> {one.answer}: {one.reason}
        </p>
      ))}
      {approval.outcome !== null && <p className="hold-reason wrap-anywhere">{approval.outcome}</p>}
    </>
  );
}

/** One question with its answer's form: nothing is done by opening it. */
export function Question({
  approval,
  answer,
}: {
  readonly approval: ApprovalView;
  readonly answer: (answer: Answer) => Promise<unknown>;
}) {
  const [reason, setReason] = useState("");
  const [checked, setChecked] = useState<string[]>([]);
  const act = useAct(
    (given: ApprovalAnswer) => answer({ answer: given, reason: reason.trim(), digest: approval.digest, checked }),
    { done: "Answered" },
  );
  const noReason = tooShort(reason, "a reason");
  const unchecked = approval.checklist.some((line) => !checked.includes(line)) ? "Check every line first." : null;
  return (
    <>
      <AboutQuestion approval={approval} />
      <ul className="approval-preview">
        {approval.preview.map((line) => (
          <li key={line} className="wrap-anywhere">
            {line}
          </li>
        ))}
      </ul>
      <QuestionArguments approval={approval} />
      {approval.checklist.length > 0 && (
        <Checklist label="Checked" lines={approval.checklist} checked={checked} onChange={setChecked} />
      )}
      <TextArea
        label="Reason"
        rows={2}
        maxLength={1000}
        value={reason}
        data-row=""
        onChange={(event) => setReason(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <div className="form-actions">
        {approval.refusal !== null && <p className="form-note">{approval.refusal}</p>}
        <Button busy={act.isPending} disabledReason={noReason} onClick={() => act.mutate("denied")}>
          Deny
        </Button>
        <Button
          kind="primary"
          icon="check"
          busy={act.isPending}
          disabledReason={approval.refusal ?? unchecked ?? noReason}
          onClick={() => act.mutate("approved")}
        >
          Approve
        </Button>
      </div>
    </>
  );
}
