import type { Hold } from "@firebreak/protocol";

/**
 * Automatic containment sets one hold per level on the same target for one incident. They are one stop to a person:
 * releasing one of them releases all. A hold that a person set stands alone.
 *
 * @returns the hold itself first, then its siblings
 */
export function holdsOfSameStop(hold: Hold, holds: readonly Hold[]): Hold[] {
  if (hold.actor.kind !== "playbook" || hold.incidentId === null) return [hold];
  const siblings = holds.filter(
    (other) =>
      other.id !== hold.id &&
      other.actor.kind === "playbook" &&
      other.incidentId === hold.incidentId &&
      other.scope === hold.scope &&
      other.target === hold.target,
  );
  return [hold, ...siblings];
}
