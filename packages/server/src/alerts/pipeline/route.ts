import { holdUnlessContaining } from "./spare.ts";
import type { Candidate, Route, Stage } from "./types.ts";

/** @returns the first route whose matchers hold */
export function routeFor({ labels }: Pick<Candidate, "labels">, routes: readonly Route[]): Route | undefined {
  return routes.find((route) => route.matches(labels));
}

/** Whether it opens an incident at all, and as what. */
export const route: Stage = (candidate, { routes }) => {
  const found = routeFor(candidate, routes);
  if (found === undefined) return { reason: "default_route" };
  const kept = found.incident ? undefined : holdUnlessContaining(candidate, [found], "kept_by_route");
  if (kept !== undefined) return { ...kept, by: found.id };
  const severity = found.severity ?? candidate.severity;
  const incidentType = found.incidentType ?? candidate.incidentType;
  return { reason: "routed", by: found.id, plan: { severity, incidentType } };
};
