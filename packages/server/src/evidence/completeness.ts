import type { Completeness } from "@firebreak/protocol";
import type { EvidenceItem } from "./manifest.ts";

const GAPS_MAX = 200;

/** How much of what was asked for is in an archive, and what is not. */
export function completenessOf(items: readonly Pick<EvidenceItem, "name" | "status" | "reason">[]): Completeness {
  const count = (status: EvidenceItem["status"]) => items.filter((item) => item.status === status).length;
  const gaps = items.flatMap(({ name, status, reason }) =>
    status === "collected" ? [] : [{ name, status, reason: reason ?? "" }],
  );
  // what is missing whole comes before what is there in part
  const ordered = gaps.toSorted((a, b) => Number(b.status === "failed") - Number(a.status === "failed"));
  return {
    collected: count("collected"),
    degraded: count("degraded"),
    failed: count("failed"),
    gaps: ordered.slice(0, GAPS_MAX),
  };
}
