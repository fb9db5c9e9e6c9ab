import type { ProvenPlaybook } from "@firebreak/protocol";
import { Ago } from "../../components/bits.tsx";
import { Badge } from "../../ui/badge.tsx";

/** What drills say of a playbook: when it was last shown to work, on which text, and whether the last try failed. */
export function Proof({
  playbook,
}: {
  readonly playbook: Pick<ProvenPlaybook, "lastProven" | "lastDrill" | "drillOverdue">;
}) {
  const { lastProven, lastDrill, drillOverdue } = playbook;
  const hasFailed = lastDrill?.result === "failed" && lastDrill.drillId !== lastProven?.drillId;
  return (
    <>
      {hasFailed && (
        <Badge tone="danger" title="Its newest drill did not end as expected.">
          Last drill failed
        </Badge>
      )}
      {drillOverdue && (
        <Badge tone="warn" icon="clock" title="The profile promises a drill that has not passed in time.">
          Drill overdue
        </Badge>
      )}
      {lastProven === null ? (
        <span className="muted" title="No drill made here shows that it works.">
          {lastDrill === null ? "No drill yet" : "Never proven here"}
        </span>
      ) : (
        <Badge
          tone={lastProven.stale || lastProven.result === "passed_in_part" ? "warn" : "ok"}
          icon={lastProven.stale || lastProven.result === "passed_in_part" ? "warn" : "shield"}
          title={
            lastProven.stale
              ? `The drill ran version ${lastProven.version}; the text has changed since.`
              : lastProven.result === "passed_in_part"
                ? "What was looked at held; the rest could not be exercised and is not proven."
                : "A drill showed that it works as it is now."
          }
        >
          {lastProven.stale
            ? "Proven on an older text "
            : lastProven.result === "passed"
              ? "Proven "
              : "Partly proven "}
          <Ago at={lastProven.at} />
        </Badge>
      )}
    </>
  );
}
