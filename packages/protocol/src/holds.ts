/** The rules of holds without any dependency, so that an agent's process can carry them. */

export const HOLD_SCOPES = ["global", "pack", "agent", "session", "tool"] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** How far a stop goes. Each level includes the ones before it: deny new calls, freeze the process tree, kill it. */
export const HOLD_LEVELS = ["deny", "freeze", "kill"] as const;
export type HoldLevel = (typeof HOLD_LEVELS)[number];

/** What a decision needs to know of a hold. */
export interface HoldRule {
  readonly scope: HoldScope;
  readonly target: string | null;
  readonly level: HoldLevel;
}

/** Which holds bear on this agent; the caller asks with everything it knows of itself. */
export interface HoldSubject {
  readonly pack?: string | undefined;
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly tool?: string | undefined;
}

/** @returns true when the hold covers the subject */
export function holdCovers(candidate: HoldRule, subject: HoldSubject): boolean {
  switch (candidate.scope) {
    case "global":
      return true;
    case "pack":
      return subject.pack !== undefined && candidate.target === subject.pack;
    case "agent":
      return subject.agent !== undefined && candidate.target === subject.agent;
    case "session":
      return subject.session !== undefined && candidate.target === subject.session;
    case "tool":
      return subject.tool !== undefined && candidate.target === subject.tool;
    default:
      return candidate.scope satisfies never;
  }
}

/** @returns the most restrictive level among the holds that cover the subject, or null when none does */
export function effectiveLevel(holds: Iterable<HoldRule>, subject: HoldSubject): HoldLevel | null {
  let rank = -1;
  for (const candidate of holds) {
    if (holdCovers(candidate, subject)) rank = Math.max(rank, HOLD_LEVELS.indexOf(candidate.level));
  }
  return HOLD_LEVELS[rank] ?? null;
}

/** What tells which holds are one stop to a person. */
export interface PlacedHold extends HoldRule {
  readonly id: string;
  readonly incidentId: string | null;
  readonly actor: { readonly kind: string };
}

function belongTogether(one: PlacedHold, other: PlacedHold): boolean {
  return (
    one.actor.kind === "playbook" &&
    other.actor.kind === "playbook" &&
    one.incidentId !== null &&
    one.incidentId === other.incidentId &&
    one.scope === other.scope &&
    one.target === other.target
  );
}

/**
 * Automatic containment sets one hold per level on the same target for one incident. They are one stop to a person:
 * releasing one of them releases all. A hold that a person set stands alone.
 *
 * @returns the hold itself first, then its siblings
 */
export function holdsOfSameStop<H extends PlacedHold>(hold: H, holds: readonly H[]): H[] {
  return [hold, ...holds.filter((other) => other.id !== hold.id && belongTogether(hold, other))];
}

/** @returns one entry per stop, in the order of their first holds: its most restrictive hold, then the milder ones */
export function groupHolds<H extends PlacedHold>(holds: readonly H[]): [H, ...H[]][] {
  const groups: [H, ...H[]][] = [];
  for (const hold of holds) {
    const group = groups.find(([first]) => belongTogether(first, hold));
    if (group === undefined) groups.push([hold]);
    else group.push(hold);
  }
  for (const group of groups) {
    group.sort((a, b) => HOLD_LEVELS.indexOf(b.level) - HOLD_LEVELS.indexOf(a.level));
  }
  return groups;
}

/** Why a gate refused. A refusal never leaves the agent guessing whether policy or machinery spoke. */
export const DENIALS = ["stopped", "policy", "lease_expired", "gate_broken"] as const;
export type Denial = (typeof DENIALS)[number];
