import type { Labels } from "../../kernel/index.ts";
import { holdUnlessContaining } from "./spare.ts";
import type { Candidate, Inhibition, Situation, Stage } from "./types.ts";

/** Held while another alert is open that explains this one. */
export const inhibit: Stage = (candidate, { inhibitions, inhibitors }) => {
  const found = inhibitions.flatMap((inhibition) => {
    const inhibitor = findInhibitor(candidate, inhibition, inhibitors);
    return inhibitor === undefined ? [] : [{ id: inhibitor, mutesContainment: inhibition.mutesContainment }];
  });
  return holdUnlessContaining(candidate, found, "inhibited") ?? { reason: "not_inhibited" };
};

/** What is source and target of one inhibition is not held by another such alert: they would hold each other. */
function findInhibitor(
  { id, labels }: Candidate,
  { source, target, equal }: Inhibition,
  inhibitors: Situation["inhibitors"],
): string | undefined {
  if (!target(labels)) return undefined;
  const isSourceToo = source(labels);
  return inhibitors.find(
    (other) =>
      other.id !== id &&
      source(other.labels) &&
      agree(labels, other.labels, equal) &&
      !(isSourceToo && target(other.labels)),
  )?.id;
}

function agree(a: Labels, b: Labels, names: readonly string[]): boolean {
  return names.every((name) => (a[name] ?? "") === (b[name] ?? ""));
}
