import type { AlertReason } from "@firebreak/protocol";
import type { Candidate, Verdict } from "./types.ts";

interface Held {
  readonly id: string;
  readonly mutesContainment: boolean;
  readonly until?: number;
}

/**
 * An alert that contains an agent by itself is held only by what says that it mutes containment: a person who quiets an
 * alarm must not thereby let an agent run on.
 *
 * @returns undefined when nothing bears on the alert
 */
export function holdUnlessContaining(
  { contains }: Pick<Candidate, "contains">,
  found: readonly Held[],
  reason: AlertReason,
): Verdict | undefined {
  const holder = found.find(({ mutesContainment }) => mutesContainment || !contains);
  if (holder !== undefined) {
    return { reason, by: holder.id, holds: true, ...(holder.until === undefined ? {} : { until: holder.until }) };
  }
  const [spared] = found;
  return spared === undefined ? undefined : { reason: "spared", by: spared.id };
}
