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
        <Badge
          tone="neutral"
          title="No drill of it was made here yet: nothing shows that it works, or that it does not."
        >
          Not drilled here yet
        </Badge>
      ) : (
        <Badge
          tone={lastProven.stale || lastProven.result === "passed_in_part" ? "warn" : "ok"}
          icon="shield"
          title={
            lastProven.stale
              ? `The drill ran version ${lastProven.version}; the text has changed since.`
              : lastProven.result === "passed_in_part"
                ? "What was looked at held; something could not be exercised."
                : "A drill showed that it works as it is now."
          }
        >
          {lastProven.stale
            ? "Proven on another text "
            : lastProven.result === "passed"
              ? "Proven "
              : "Proven in part "}
          <Ago at={lastProven.at} />
        </Badge>
      )}
    </>
  );
}
