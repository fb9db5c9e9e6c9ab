import { routeFor } from "./route.ts";
import type { Stage } from "./types.ts";

/**
 * Which alerts share an incident. The first opens it at once and the others join: nothing waits for a group. What
 * contains goes by its agent, whatever the routes say, because one containment is of one agent.
 */
export const group: Stage = (candidate, { routes }) => {
  const { agentId, contains, groupKey, labels, source, key } = candidate;
  const route = routeFor(candidate, routes);
  if (route?.groupBy !== undefined && !contains) {
    const values = route.groupBy.map((name) => labels[name] ?? "");
    return { reason: "by_route", by: route.id, plan: { groupKey: keyOf("route", route.id, ...values) } };
  }
  if (agentId !== null) return { reason: "by_agent", plan: { groupKey: `agent:${agentId}` } };
  if (groupKey !== null) return { reason: "by_sender", plan: { groupKey: keyOf("sender", source, groupKey) } };
  return { reason: "alone", plan: { groupKey: keyOf("key", source, key) } };
};

const keyOf = (kind: string, ...parts: string[]) => `${kind}:${JSON.stringify(parts)}`;
