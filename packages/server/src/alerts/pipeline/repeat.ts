import { routeFor } from "./route.ts";
import type { Stage } from "./types.ts";

/**
 * Nobody is told twice: not of an alert that has its incident, and of one that came back within its route's repeat
 * interval only when the interval is over and it is still open. What contains is never put off.
 */
export const repeat: Stage = (candidate, { routes, lastToldAt, now }) => {
  if (candidate.incidentId !== null) return { reason: "told_already", by: candidate.incidentId };
  const route = routeFor(candidate, routes);
  const until = lastToldAt === null ? now : lastToldAt + (route?.repeatMs ?? 0);
  if (until <= now || candidate.contains || route === undefined) return { reason: "told_now" };
  return { reason: "told_recently", by: route.id, until, holds: true };
};
