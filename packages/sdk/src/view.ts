import type { HoldSubject } from "@firebreak/protocol/holds";
import { HOLD_LEVELS, holdCovers } from "@firebreak/protocol/holds";
import type { Allowed, Decision, Denied } from "./decision.ts";
import type { SeenHold, SeenState } from "./seen-state.ts";

export const ALLOWED: Allowed = { allowed: true };

/** What follows from what the gate sees, until it sees something else. */
export interface View {
  /** of the kill switch's directory; null when the gate has none */
  readonly files: SeenState | null;
  /** of the server; null when the gate does not answer to one */
  readonly feed: SeenState | null;
  /** the decision about everything but single tools */
  readonly base: Decision;
  readonly byTool: ReadonlyMap<string, Denied>;
}

/** Gates of one process that the server told the same share what follows from it. */
const viewsOfFeed = new WeakMap<SeenState, View>();

export function viewOf(files: SeenState | null, feed: SeenState | null, subject: HoldSubject): View {
  if (files !== null || feed === null) return makeView(files, feed, subject);
  const known = viewsOfFeed.get(feed);
  if (known !== undefined) return known;
  // the server sends only what concerns this agent, so the subject makes no difference
  const view = makeView(null, feed, subject);
  viewsOfFeed.set(feed, view);
  return view;
}

/** The stricter wins: each source can deny, none can overrule the other. */
function makeView(files: SeenState | null, feed: SeenState | null, subject: HoldSubject): View {
  const own = holdsOf(files).filter((hold) => holdCovers(hold, subject));
  // the server sends only what concerns this agent, and may know more of its pack than the agent does
  const told = holdsOf(feed).filter((hold) => hold.scope !== "tool");
  const hold = strictest([...own, ...told]);
  const problem = problemOf(files) ?? problemOf(feed);
  const base = hold !== null ? stopped(hold) : problem !== null ? broken(problem) : ALLOWED;
  return { files, feed, base, byTool: stoppedTools([...holdsOf(files), ...holdsOf(feed)]) };
}

function holdsOf(state: SeenState | null): readonly SeenHold[] {
  return state?.ok === true ? state.holds : [];
}

function problemOf(state: SeenState | null): string | null {
  return state === null || state.ok ? null : state.problem;
}

function stoppedTools(holds: readonly SeenHold[]): Map<string, Denied> {
  const byTool = new Map<string, Denied>();
  for (const hold of holds) {
    if (hold.scope === "tool" && hold.target !== null && !byTool.has(hold.target))
      byTool.set(hold.target, stopped(hold));
  }
  return byTool;
}

function strictest(holds: readonly SeenHold[]): SeenHold | null {
  const rank = (hold: SeenHold) => HOLD_LEVELS.indexOf(hold.level);
  return holds.reduce<SeenHold | null>((best, hold) => (best === null || rank(hold) > rank(best) ? hold : best), null);
}

function stopped(hold: SeenHold): Denied {
  const target = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
  const reason = `${target} is stopped: ${hold.reason}`;
  return { allowed: false, denial: "stopped", reason, holdId: hold.id, level: hold.level };
}

export function broken(problem: string): Denied {
  const reason = `the gate cannot know whether this agent is stopped, so it denies: ${problem}`;
  return { allowed: false, denial: "gate_broken", reason, holdId: null, level: "deny" };
}

export function leaseExpired(problem: string | null): Denied {
  const why = problem === null ? "" : `: ${problem}`;
  const reason = `there is no lease from the server, so the gate denies until it is heard again${why}`;
  return { allowed: false, denial: "lease_expired", reason, holdId: null, level: "deny" };
}

export function sameDecision(a: Decision, b: Decision): boolean {
  if (a.allowed || b.allowed) return a.allowed === b.allowed;
  return a.holdId === b.holdId && a.denial === b.denial;
}

export function sameTools(a: ReadonlyMap<string, Denied>, b: ReadonlyMap<string, Denied>): boolean {
  return a.size === b.size && [...a].every(([tool, denied]) => b.get(tool)?.holdId === denied.holdId);
}
