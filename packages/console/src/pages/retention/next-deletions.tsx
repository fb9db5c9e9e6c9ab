import type { RetentionNotice, RetentionPlan } from "@firebreak/protocol";
import { Ago, At } from "../../components/bits.tsx";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { formatBytes } from "../../time.ts";
import { count } from "../../words.ts";

interface NextProps {
  readonly notices: readonly RetentionNotice[];
  readonly plans: readonly RetentionPlan[];
}

const whose = ({ class: name, pack }: Pick<RetentionNotice, "class" | "pack">) =>
  pack === null ? name : `${name} of ${pack}`;

function NoticeRow({ notice }: { readonly notice: RetentionNotice }) {
  const open = useDialogs();
  return (
    <li className="row act-row" data-row="" data-notice={notice.id}>
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{whose(notice)}</strong>
          <span className="muted">{count(notice.rows, "row")}</span>
        </p>
        <p className="row-sub">
          <span>
            older than <At at={notice.before} withDay />
          </span>
          <span>
            deleted <Ago at={notice.dueAt} /> at the earliest
          </span>
        </p>
      </div>
      <Button onClick={() => open({ kind: "cancel-notice", notice })}>Put off…</Button>
    </li>
  );
}

function PlanRow({ plan }: { readonly plan: RetentionPlan }) {
  return (
    <li className="row act-row" data-row="">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{whose(plan)}</strong>
          <span className="muted">
            {plan.place.startsWith("s3:")
              ? `${count(plan.rows, "copy", "copies")} in ${plan.place}`
              : count(plan.rows, "row")}
            , {formatBytes(plan.bytes)}
          </span>
        </p>
        <p className="row-sub">
          <span>{plan.act === "archive" ? "to the archive with the next pass" : "to be announced and deleted"}</span>
          {plan.lockedUntil !== null && (
            <span>
              locked there until <At at={plan.lockedUntil} withDay />
            </span>
          )}
          {plan.newest !== null && (
            <span>
              newest <At at={plan.newest} withDay />
            </span>
          )}
        </p>
      </div>
      {plan.held > 0 && (
        <Badge tone="hold" icon="shield" title={`held by case ${plan.cases.join(", ")}`}>
          {plan.held} held
        </Badge>
      )}
    </li>
  );
}

/** What is announced, and what the next pass would do: nothing on this page deletes. */
export function NextDeletions({ notices, plans }: NextProps) {
  return (
    <Panel title="What goes next" icon="clock" aside={<span className="muted">{notices.length} announced</span>}>
      {notices.length === 0 && plans.length === 0 ? (
        <Empty title="Nothing is old enough to go">
          What gets older than its class allows is archived, and announced here before it is deleted.
        </Empty>
      ) : (
        <ul className="rows">
          {notices.map((notice) => (
            <NoticeRow key={notice.id} notice={notice} />
          ))}
          {plans
            .filter((plan) => plan.act === "archive" || plan.held > 0 || plan.lockedUntil !== null)
            .map((plan) => (
              <PlanRow key={`${plan.act} ${plan.class} ${plan.pack ?? ""} ${plan.place}`} plan={plan} />
            ))}
        </ul>
      )}
    </Panel>
  );
}
