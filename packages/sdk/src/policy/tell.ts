import type { GateClock } from "../clock.ts";
import type { TelemetryEvent } from "../telemetry.ts";
import type { GateAction } from "./action.ts";
import type { Breaker, BreakerChange } from "./breaker.ts";
import type { BudgetCounter } from "./budget-counter.ts";
import type { PolicyFinding } from "./finding.ts";

/** Tells the server what the policy did, as events that rules can ask for by their `event_type`. */
export interface Tell {
  finding(finding: PolicyFinding, action: GateAction): void;
  low(counter: BudgetCounter): void;
  breaker(breaker: Breaker, change: NonNullable<BreakerChange>): void;
}

export interface TellOptions {
  readonly clock: GateClock;
  readonly emit: (event: TelemetryEvent) => boolean;
}

/** An agent that is denied may try again at once and for ever: of the same finding one is told in this time, with a count. */
const AGAIN_MS = 1000;
const REMEMBERED_MAX = 1000;

export function createTeller({ clock, emit }: TellOptions): Tell {
  const told = new Map<string, { atMs: number; count: number }>();
  return {
    finding: (finding, action) => {
      const key = `${finding.part}\n${finding.name}\n${action.tool ?? ""}`;
      const nowMs = clock.monotonicMs();
      const before = told.get(key);
      if (before !== undefined && nowMs - before.atMs < AGAIN_MS) {
        before.count += 1;
        return;
      }
      if (told.size >= REMEMBERED_MAX) told.clear();
      told.set(key, { atMs: nowMs, count: 0 });
      emit(eventOf(finding, action, 1 + (before?.count ?? 0)));
    },
    low: ({ policy, metric, subject, limit }) => {
      const data = { event_type: "budget_low", budget: policy.name, metric, subject, limit, window: policy.window };
      emit({ kind: "log", risk: "medium", data });
    },
    breaker: ({ policy, subject }, change) => {
      const data = { event_type: `breaker_${change}`, breaker: policy.name, per: policy.per, subject };
      emit({ kind: "log", outcome: change === "opened" ? "failure" : "success", data });
    },
  };
}

function eventOf({ part, name, mode, reason }: PolicyFinding, { tool }: GateAction, count: number): TelemetryEvent {
  const type = part === "budget" ? "budget_exhausted" : "policy_hit";
  return {
    kind: "log",
    outcome: mode === "enforce" ? "denied" : "unknown",
    data: { event_type: type, part, name, mode, reason, count, ...(tool === undefined ? {} : { tool_name: tool }) },
  };
}
