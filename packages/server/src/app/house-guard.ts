import { hostname } from "node:os";
import { emergencyAlert, openGuard } from "../guard/index.ts";
import type { Guard, GuardSurroundings, Victim } from "../guard/index.ts";
import type { PolicyKeeper } from "../policies/index.ts";
import { reactToEmergency } from "../reactions/index.ts";
import { contextFor } from "./house.ts";
import type { House } from "./house.ts";

const GUARD = { kind: "rule", id: "resource-guard", name: "resource guard" } as const;

/** The resource guard of this machine: gates hear of a throttle by the policy, and stops go the way of automatic acts. */
export function openHouseGuard(
  surroundings: Omit<GuardSurroundings, "setThrottle" | "stop">,
  policies: Pick<PolicyKeeper, "setThrottle">,
  house: () => House,
): Guard {
  return openGuard({
    ...surroundings,
    setThrottle: (throttle) => policies.setThrottle(throttle),
    stop: (victim) => stopVictim(house(), victim),
  });
}

/** A kill is only ever asked for. */
function stopVictim(house: House, { tree, effector, share }: Victim): Promise<string | null> {
  const { mode } = house.profile.guard.stops;
  return reactToEmergency(contextFor(house, GUARD), {
    alert: emergencyAlert(hostname()),
    agentId: tree.agentId,
    sessionId: tree.sessionId,
    effector,
    reason: `resource emergency: its processes use ${Math.round(share)} % of what runs short`,
    mode: effector === "agent.kill" && mode === "act" ? "ask" : mode,
  });
}
