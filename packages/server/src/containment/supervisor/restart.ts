/** When an agent that ended is started again, and when that is given up. */
export interface RestartPolicy {
  readonly when: (typeof RESTARTS)[number];
  /** before the second start; doubles with each start that does not stay up */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** a run this long ends the doubling */
  readonly calmMs: number;
  /** so many starts within `windowMs`, and it is given up */
  readonly startsMax: number;
  readonly windowMs: number;
}

export const RESTARTS = ["never", "on-failure", "always"] as const;

export const RESTART_DEFAULTS: RestartPolicy = {
  when: "never",
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  calmMs: 60_000,
  startsMax: 5,
  windowMs: 60_000,
};

/** One run of the agent; times are of the monotonic clock. */
export interface PastRun {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly failed: boolean;
}

export type RestartVerdict =
  | { readonly kind: "end" }
  | { readonly kind: "again"; readonly delayMs: number }
  | { readonly kind: "give up"; readonly reason: string };

/** @param random from 0 to 1: spreads the restarts of many agents that fell together over half of the delay */
export function judgeRestart(policy: RestartPolicy, runs: readonly PastRun[], random: number): RestartVerdict {
  const last = runs.at(-1);
  if (last === undefined || policy.when === "never") return { kind: "end" };
  if (policy.when === "on-failure" && !last.failed) return { kind: "end" };
  const recent = runs.filter((run) => last.endedMs - run.startedMs <= policy.windowMs);
  if (recent.length >= policy.startsMax) {
    const seconds = Math.round(policy.windowMs / 1000);
    return { kind: "give up", reason: `it was started ${recent.length} times within ${seconds} s and did not stay up` };
  }
  const lastCalm = runs.findLastIndex((run) => run.endedMs - run.startedMs >= policy.calmMs);
  const shortRuns = runs.length - 1 - lastCalm;
  const delayMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.max(0, shortRuns - 1));
  return { kind: "again", delayMs: Math.round(delayMs * (0.5 + random / 2)) };
}
