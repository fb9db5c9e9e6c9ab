import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { type IncidentDetail, isSettled } from "@firebreak/protocol";
import { draftReview } from "../../api/commands.ts";
import { reviewQuery } from "../../api/queries.ts";
import { Ago, At, ProblemNotice } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Loading, Panel } from "../../ui/layout.tsx";
import { notify } from "../../ui/toast.tsx";

const Markdown = lazy(() => import("../../components/markdown.tsx"));

function copyText(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => notify("done", "The Markdown is copied"),
    () =>
      notify("fault", "It could not be copied", "The browser does not allow it here; use `firebreak review` instead."),
  );
}

/** The review as it is drafted from the timeline; drafting again takes the newest times. */
export function ReviewTab({ incident }: { readonly incident: IncidentDetail }) {
  const query = useQuery(reviewQuery(incident.id));
  const refusal = useRefusal("responder");
  const act = useAct(() => draftReview(incident.id), {
    stale: ["review", "incident", "overview"],
    done: "The review is drafted",
  });
  const early = isSettled(incident.state)
    ? null
    : "Resolve the incident first; the review is drafted from its whole timeline.";
  const draft = (label: string) => (
    <Button
      kind={query.data ? "plain" : "primary"}
      icon="note"
      busy={act.isPending}
      disabledReason={refusal ?? (query.data ? null : early)}
      onClick={() => act.mutate()}
    >
      {label}
    </Button>
  );
  return (
    <Loaded query={query}>
      {(review) =>
        review === null ? (
          <div className="empty-with-action">
            <Empty title="No review yet">
              It is drafted from the timeline, with the times against the profile’s targets.
            </Empty>
            {draft("Draft the review")}
            <ProblemNotice error={act.error} />
          </div>
        ) : (
          <Panel
            title="Review"
            icon="note"
            aside={
              <span className="muted">
                due <At at={review.dueAt} />
              </span>
            }
          >
            <div className="panel-body">
              <p className="row-sub">
                <span>
                  drafted <Ago at={review.draftedAt} />
                </span>
              </p>
              <div className="form-actions form-actions-start">
                {draft("Draft again")}
                <Button icon="copy" onClick={() => copyText(review.markdown)}>
                  Copy Markdown
                </Button>
              </div>
              <ProblemNotice error={act.error} />
              <Suspense fallback={<Loading rows={6} />}>
                <Markdown source={review.markdown} />
              </Suspense>
            </div>
          </Panel>
        )
      }
    </Loaded>
  );
}
