/** The gate for runtimes without files: workers, browsers, Deno and Bun by their web interfaces alone. */
import type { PublishedPolicy } from "@firebreak/protocol/policy";
import type { GateClock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { openGateFeed } from "./feed/gate-feed.ts";
import { webPlatform } from "./feed/web-platform.ts";
import { createGateOn } from "./gate.ts";
import type { Gate, GateOptions } from "./gate.ts";
import { parsePolicy } from "./policy/parse-policy.ts";
import type { SeenPolicy } from "./policy/parse-policy.ts";
import type { PolicyGate } from "./policy/policy-gate.ts";

export type { GateClock } from "./clock.ts";
export { GateDeniedError } from "./decision.ts";
export type { Allowed, Begun, Decision, Denied } from "./decision.ts";
export type { Gate, GateStatus, LeaseStatus } from "./gate.ts";
export type { GateAction } from "./policy/action.ts";
export type { PolicyFinding } from "./policy/finding.ts";
export type { ActEnd } from "./policy/policy-gate.ts";
export type { TelemetryEvent } from "./telemetry.ts";

export type WebGateOptions = Omit<GateOptions, "killswitchDir" | "ledgerDir">;

/** Opens a gate that answers to the server at `url`. */
export function createGate(options: WebGateOptions): Gate {
  const { agent, pack, session, url, token, serverKey, clock = systemClock } = options;
  const toServer = { agent, pack, session, url, token, serverKey, clock, platform: webPlatform };
  return createGateOn(options, {
    files: () => null,
    feed: (onChange) => openGateFeed({ ...toServer, onChange }),
    policy: (_emit, published) => refusePolicies(published, clock),
  });
}

/**
 * Budgets and breakers are counted in files: where there are none, a policy that says anything can only be obeyed by
 * denying. One that says nothing, or only slows acts down, is no reason to.
 */
function refusePolicies(published: () => string | null, clock: GateClock): PolicyGate {
  let text: string | null = null;
  let seen: SeenPolicy = { state: "none" };
  return {
    look: () => {
      const next = published();
      if (next !== text) {
        text = next;
        seen = next === null ? { state: "none" } : parsePolicy(next, "the policy that the server sent");
      }
      return seen.state === "read"
        ? problemOf(seen.policy, clock.now())
        : seen.state === "broken"
          ? seen.problem
          : null;
    },
    epoch: null,
    isActive: false,
    check: () => ({ allowed: true, warnings: [], delayMs: 0 }),
    begin: () => ({ answer: { allowed: true, warnings: [], delayMs: 0 }, end: () => {} }),
    close: () => {},
  };
}

function problemOf({ rules, budgets, breakers, concurrency, throttle }: PublishedPolicy, now: number): string | null {
  if (throttle !== null && throttle.maxConcurrent !== null && now < Date.parse(throttle.until)) {
    return `the machine is short of resources (${throttle.level}: ${throttle.reason})`;
  }
  if ([rules, budgets, breakers, concurrency].every((list) => list.length === 0)) return null;
  return "a policy is published, and a gate without files (@firebreak/sdk/web) cannot judge by it";
}
