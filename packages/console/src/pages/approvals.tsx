import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApprovalAnswer, ApprovalView } from "@firebreak/protocol";
import { Link } from "wouter";
import { answerApproval } from "../api/commands.ts";
import { approvalsQuery } from "../api/queries.ts";
import { ActorName, Ago, At, ProblemNotice, StateBadge } from "../components/bits.tsx";
import { tooShort } from "../components/dialogs.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useAct } from "../hooks/use-act.ts";
import { incidentPath } from "../navigation.ts";
import { Button } from "../ui/button.tsx";
import { Checklist, TextArea } from "../ui/fields.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { APPROVAL_WORDS, count } from "../words.ts";

const ANSWERED_SHOWN = 50;

/** Exactly what would be done, as it would be done. */
function Arguments({ approval }: { readonly approval: ApprovalView }) {
  return (
    <details className="approval-arguments">
      <summary>Exact arguments of {approval.kind}</summary>
      <pre className="command">{JSON.stringify(approval.arguments, null, 2)}</pre>
      <p className="muted wrap-anywhere">digest {approval.digest}</p>
    </details>
  );
}

function About({ approval }: { readonly approval: ApprovalView }) {
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
function Question({ approval }: { readonly approval: ApprovalView }) {
  const [reason, setReason] = useState("");
  const [checked, setChecked] = useState<string[]>([]);
  const act = useAct(
    (answer: ApprovalAnswer) =>
      answerApproval(approval.id, { answer, reason: reason.trim(), digest: approval.digest, checked }),
    { done: "Answered" },
  );
  const noReason = tooShort(reason, "a reason");
  const unchecked = approval.checklist.some((line) => !checked.includes(line)) ? "Check every line first." : null;
  return (
    <li className="row approval-row" data-approval={approval.id}>
      <About approval={approval} />
      <ul className="approval-preview">
        {approval.preview.map((line) => (
          <li key={line} className="wrap-anywhere">
            {line}
          </li>
        ))}
      </ul>
      <Arguments approval={approval} />
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
    </li>
  );
}

function Waiting({ approvals }: { readonly approvals: readonly ApprovalView[] }) {
  return (
    <Panel title="Waiting" icon="clock" tone="accent" aside={<span className="muted">{approvals.length}</span>}>
      <p className="sr-only" role="status">
        {count(approvals.length, "question")} waiting
      </p>
      {approvals.length === 0 ? (
        <Empty title="Nothing waits for an answer">
          What must not happen without a person, such as resuming after a severity-1 incident, is asked here.
        </Empty>
      ) : (
        <ul className="rows">
          {approvals.map((approval) => (
            <Question key={approval.id} approval={approval} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Answered({ approvals }: { readonly approvals: readonly ApprovalView[] }) {
  if (approvals.length === 0) return null;
  return (
    <Panel title="Answered" icon="archive" aside={<span className="muted">{approvals.length}</span>}>
      <ul className="rows">
        {approvals.map((approval) => (
          <li key={approval.id} className="row approval-row">
            <About approval={approval} />
            <Arguments approval={approval} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function ApprovalsPage() {
  const query = useQuery(approvalsQuery);
  return (
    <Page title="Approvals" lead="Bound to exactly what they say, used once, never answered by who asks.">
      <Loaded query={query}>
        {({ items }) => (
          <div className="stack">
            <Waiting approvals={items.filter(({ state }) => state === "pending")} />
            <Answered approvals={items.filter(({ state }) => state !== "pending").slice(0, ANSWERED_SHOWN)} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
