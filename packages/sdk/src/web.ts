/** The gate for runtimes without files: workers, browsers, Deno and Bun by their web interfaces alone. */
import { systemClock } from "./clock.ts";
import { openGateFeed } from "./feed/gate-feed.ts";
import { webPlatform } from "./feed/web-platform.ts";
import { createGateOn } from "./gate.ts";
import type { Gate, GateOptions } from "./gate.ts";
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
    policy: (_emit, published) => refusePolicies(published),
  });
}

/** Budgets and breakers are counted in files: where there are none, a policy that is published can only be obeyed by denying. */
function refusePolicies(published: () => string | null): PolicyGate {
  const problem = "a policy is published, and a gate without files (@firebreak/sdk/web) cannot judge by it";
  const answer = { allowed: true, warnings: [], delayMs: 0 } as const;
  return {
    look: () => (published() === null ? null : problem),
    epoch: null,
    isActive: false,
    check: () => answer,
    begin: () => ({ answer, end: () => {} }),
    close: () => {},
  };
}
