import { useState } from "react";
import type { ApprovalAnswer, ApprovalView } from "@firebreak/protocol";
import { Link } from "wouter";
import type { Answer } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { useNow } from "../hooks/use-now.ts";
import { incidentPath, runPath } from "../navigation.ts";
import { formatUtc, readClock } from "../time.ts";
import { Button } from "../ui/button.tsx";
import { Checklist, TextArea } from "../ui/fields.tsx";
import { Icon } from "../ui/icons.tsx";
import { APPROVAL_WORDS, count } from "../words.ts";
import { ActorName, Ago, At, ProblemNotice, StateBadge } from "./bits.tsx";
import { tooShort } from "./dialogs.tsx";

/** Exactly what would be done, as it would be done. */
export function QuestionArguments({ approval }: { readonly approval: ApprovalView }) {
  return (
    <details className="approval-arguments" open={runIdOf(approval) !== null}>
      <summary>Exact arguments of {approval.kind}</summary>
      <pre className="command">{JSON.stringify(approval.arguments, null, 2)}</pre>
      <p className="muted wrap-anywhere">digest {approval.digest}</p>
    </details>
  );
}

/** The time that is left to answer. */
function Expiry({ approval }: { readonly approval: ApprovalView }) {
  const clock = { startedAt: approval.requestedAt, dueAt: approval.expiresAt, stoppedAt: null };
  const { state, text } = readClock(clock, useNow());
  const tone = state === "running" ? "neutral" : state === "soon" ? "warn" : "danger";
  return (
    <span
      className={`clock-pill tone-${tone}`}
      title={`Then it is denied: ${formatUtc(Date.parse(approval.expiresAt))}`}
    >
      <Icon name="clock" size={12} /> {state === "breached" ? "time is over" : `${text} to answer`}
    </span>
  );
}

/** Who has to say yes still: "1 of 2 agreed; 1 more person with the role commander". */
function sayAgreed({ answers, answersNeeded, state, role }: ApprovalView): string {
  const agreed = answers.filter((one) => one.answer === "approved").length;
  const said = `${agreed} of ${answersNeeded} agreed`;
  const missing = answersNeeded - agreed;
  if (state !== "pending" || missing <= 0) return said;
  return `${said}; ${count(missing, "more person", "more people")} with the role ${role} must say yes`;
}

/** The run whose step is asked about; null for other questions. */
function runIdOf({ kind, arguments: given }: ApprovalView): string | null {
  const runId = given["runId"];
  return kind.startsWith("playbook.") && typeof runId === "string" ? runId : null;
}

export function AboutQuestion({ approval }: { readonly approval: ApprovalView }) {
  const runId = runIdOf(approval);
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
        {approval.state === "pending" && <Expiry approval={approval} />}
        <span>{sayAgreed(approval)}</span>
        {approval.askedAgainAt !== null && (
          <span>
            asked again <Ago at={approval.askedAgainAt} />
          </span>
        )}
        {runId !== null && <Link href={runPath(runId)}>the run it belongs to</Link>}
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
