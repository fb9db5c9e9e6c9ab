import type { FeedHold, FeedState, Hold } from "@firebreak/protocol";
import type { KillswitchState } from "./types.ts";

/** Who listens to a feed. Every pack that it is known or claims to belong to counts. */
export interface FeedSubject {
  readonly agent: string;
  readonly session: string | null;
  readonly packs: readonly string[];
}

/** What one receiver is told of the holds. */
export interface ConcernedState {
  readonly text: Buffer;
  /** a hold covers it as a whole, not only one of its tools */
  readonly stopped: boolean;
}

/**
 * Sorts the holds by whom they concern, so that a change is written to thousands of receivers without matching every
 * hold against each: what concerns all is one text, and receivers with the same holds of their own share theirs.
 *
 * @param encode makes the bytes of one event
 */
export function createFeedStates(
  state: KillswitchState,
  instance: string,
  encode: (state: FeedState) => Buffer,
): (subject: FeedSubject) => ConcernedState {
  const common = state.holds.filter((hold) => hold.scope === "global" || hold.scope === "tool").map(toFeedHold);
  const isAllStopped = common.some((hold) => hold.scope === "global");
  const byTarget = new Map<string, Hold[]>();
  for (const hold of state.holds) {
    const key = `${hold.scope} ${hold.target ?? ""}`;
    byTarget.set(key, [...(byTarget.get(key) ?? []), hold]);
  }
  const texts = new Map<string, Buffer>();
  const problem = state.health.state === "damaged" ? state.health.problem : null;
  return (subject) => {
    const own = keysOf(subject).flatMap((key) => byTarget.get(key) ?? []);
    const key = own.map((hold) => hold.id).join(" ");
    const known = texts.get(key);
    const holds = [...common, ...own.map(toFeedHold)];
    const text = known ?? encode({ kind: "state", instance, epoch: state.epoch, holds, problem });
    if (known === undefined) texts.set(key, text);
    return { text, stopped: isAllStopped || own.length > 0 };
  };
}

function keysOf({ agent, session, packs }: FeedSubject): string[] {
  const keys = [`agent ${agent}`, ...packs.map((pack) => `pack ${pack}`)];
  return session === null ? keys : [...keys, `session ${session}`];
}

function toFeedHold({ id, scope, target, level, reason, actor, at }: Hold): FeedHold {
  return { id, scope, target, level, reason, by: actor.name, at };
}
