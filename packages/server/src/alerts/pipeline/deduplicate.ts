import type { Stage } from "./types.ts";

/**
 * One open alert stands for all repeats of its fingerprint; this stage sees only that one. What was over before it was
 * looked at needs nobody, unless it contains: an agent that misbehaved is contained also when the alert was resolved.
 */
export const deduplicate: Stage = ({ status, occurrence, contains }) => {
  if (status === "resolved" && !contains) return { reason: "resolved_already", holds: true };
  return { reason: occurrence === 1 ? "first" : "recurred" };
};
