import type { Match } from "@firebreak/sigma";

const LEVELS = { 2: "high", 3: "medium" } as const;

/** A finding about detection itself, which becomes an alert as those of rules do. */
export function describeNotice(
  { id, title, severity }: { readonly id: string; readonly title: string; readonly severity: keyof typeof LEVELS },
  said: string,
  more: Pick<Match, "firstTime" | "lastTime"> & Partial<Match>,
): Match {
  const level = LEVELS[severity];
  return {
    ruleId: id,
    title,
    level,
    kind: "correlation",
    tags: [],
    selections: [],
    eventIds: [],
    custom: { incident_type: "system_integration", severity },
    sentence: `${title} (${level}): ${said}`,
    ...more,
  };
}
