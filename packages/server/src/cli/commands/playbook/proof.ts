import type { ProvenPlaybook } from "@firebreak/protocol";

/** What drills say of a playbook: when it was last shown to work, in how many seconds, and what is wrong with that. */
export function sayProof({
  lastProven,
  lastDrill,
  drillOverdue,
}: Pick<ProvenPlaybook, "lastProven" | "lastDrill" | "drillOverdue">): string {
  const flaws = [
    ...(lastDrill?.result === "failed" ? ["last drill failed"] : []),
    ...(lastProven?.result === "passed_in_part" ? ["partly proven"] : []),
    ...(lastProven?.stale === true ? [`on version ${lastProven.version}, another text`] : []),
    ...(drillOverdue ? ["drill overdue"] : []),
  ];
  const unproven = lastDrill === null ? "no drill yet" : "never proven here";
  const when = lastProven === null ? unproven : `${lastProven.at.slice(0, 10)}, ${Math.round(lastProven.seconds)} s`;
  return [when, ...flaws].join("; ");
}
