import { roleAllows } from "@firebreak/protocol";
import type { HoldScope, StopRequest } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { personOf } from "../../approvals/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { KillswitchPolicy } from "../../killswitch/index.ts";
import type { House } from "../house.ts";
import { guardOf } from "./resume-needs.ts";

/** @throws FirebreakError `forbidden` for a role below what the policy asks */
export function checkStopRole(policy: KillswitchPolicy, caller: Caller, scope: HoldScope): void {
  const needed = scope === "global" ? policy.globalRole : policy.packRole;
  if (caller.access !== "agent" && roleAllows(caller.access, needed)) return;
  throw new FirebreakError(
    "forbidden",
    scope === "global"
      ? `Stopping everything needs the role ${needed}. Stop a pack, an agent or a session instead, or ask one who has it.`
      : `Stopping a ${scope} needs the role ${needed}.`,
  );
}

/** @returns what has to be typed before such a stop, or null */
export function confirmationFor(
  policy: Pick<KillswitchPolicy, "confirmation" | "confirmCriticalPacks" | "criticalPacks">,
  { scope, target }: Pick<StopRequest, "scope" | "target">,
): string | null {
  if (scope === "global") return policy.confirmation;
  const isCritical = scope === "pack" && target !== undefined && policy.criticalPacks.includes(target);
  return isCritical && policy.confirmCriticalPacks ? target : null;
}

/**
 * Whether the caller may make this stop, as the policy says.
 *
 * @throws FirebreakError `forbidden`; `conflict` when the confirmation is missing or wrong, or for an end that would let
 *   agents run again without what their resume takes
 */
export async function checkStop(house: House, caller: Caller, request: StopRequest): Promise<void> {
  const policy = house.killswitchPolicy;
  checkStopRole(policy, caller, request.scope);
  const phrase = confirmationFor(policy, request);
  if (phrase !== null && request.confirmation?.trim() !== phrase) {
    throw new FirebreakError(
      "conflict",
      `Nothing is stopped yet: to confirm, repeat it with the confirmation ${phrase} (firebreak stop --confirm "${phrase}").`,
    );
  }
  if (request.expiresInSeconds !== undefined) await checkExpiry(house, caller, request);
}

async function checkExpiry(house: House, caller: Caller, request: StopRequest): Promise<void> {
  if (personOf(caller.actor) === null) {
    throw new FirebreakError("forbidden", "Only a person gives a stop an end. Leave it out: somebody resumes it.");
  }
  const { scope, target = null, incidentId = null } = request;
  const guard = await guardOf(house, [{ scope, target, incidentId }]);
  if (guard === null) return;
  throw new FirebreakError("conflict", `This stop cannot end by itself: ${guard}. Leave the time out.`);
}
