import { useQuery } from "@tanstack/react-query";
import type { ApprovalView } from "@firebreak/protocol";
import { answerApproval } from "../api/commands.ts";
import { approvalsQuery } from "../api/queries.ts";
import { BreakGlass, GlassReview } from "../components/break-glass.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { AboutQuestion, Question, QuestionArguments } from "../components/question.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";

const ANSWERED_SHOWN = 50;

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
            <li key={approval.id} className="row approval-row" data-approval={approval.id}>
              <Question approval={approval} answer={(answer) => answerApproval(approval.id, answer)} />
              <BreakGlass approval={approval} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const waitsForReview = ({ breakGlass, reviewed }: ApprovalView) => breakGlass !== null && reviewed === null;
const isSettledQuestion = (approval: ApprovalView) => approval.state !== "pending" && !waitsForReview(approval);

function Answered({ title, approvals }: { readonly title: string; readonly approvals: readonly ApprovalView[] }) {
  if (approvals.length === 0) return null;
  return (
    <Panel title={title} icon="archive" aside={<span className="muted">{approvals.length}</span>}>
      <ul className="rows">
        {approvals.map((approval) => (
          <li key={approval.id} className="row approval-row">
            <AboutQuestion approval={approval} />
            <GlassReview approval={approval} />
            <QuestionArguments approval={approval} />
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
            <Answered title="To review" approvals={items.filter(waitsForReview)} />
            <Answered title="Answered" approvals={items.filter(isSettledQuestion).slice(0, ANSWERED_SHOWN)} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
