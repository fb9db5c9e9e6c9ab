import type { Actor, HoldLevel, StopReceipt, StopRequest } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { RunningTasks } from "../../killswitch/index.ts";
import { DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { enforceEverywhere } from "./enforce-everywhere.ts";
import { planEscalation } from "./escalate-stops.ts";
import { mirrorHolds } from "./mirror-holds.ts";
import { settleReports } from "./record-stop-report.ts";
import { recordStop } from "./record-stop.ts";

/** A stop that is not proved by then is reported as it stands; the supervisors go on trying. */
const ENFORCE_DEADLINE_MS = 5_000;

/**
 * Stops: the journal first, so that the stop holds whatever fails after it, then every covered tree, then the record.
 * Whether the actor may was checked (`checkStop`).
 *
 * @param address where the request came from, for the audit log
 * @throws FirebreakError invalid_body, storage_unavailable when the journal cannot be made durable
 */
export async function stopAgents(
  house: House,
  actor: Actor,
  request: StopRequest,
  address: string | null = null,
): Promise<StopReceipt> {
  const { killswitch, clock, config } = house;
  const requestedAtMs = clock.now();
  const { runningTasks } = house.killswitchPolicy;
  const level = levelOf(request, runningTasks);
  const hold = await killswitch.add({
    scope: request.scope,
    target: request.target ?? null,
    level,
    reason: request.reason,
    actor,
    incidentId: request.incidentId ?? null,
    expiresAt: request.expiresInSeconds === undefined ? null : toIso(requestedAtMs + request.expiresInSeconds * 1000),
  });
  const results = await enforceEverywhere(house, {
    home: config.home,
    hold,
    deadlineMs: ENFORCE_DEADLINE_MS,
    clock,
  });
  const receipt: StopReceipt = {
    stopId: house.newId("stop"),
    hold,
    requestedAt: toIso(requestedAtMs),
    completedAt: toIso(clock.now()),
    verified: results.every((result) => result.state === "verified_stopped"),
    serverReachable: true,
    results,
  };
  await mirrorHolds(house);
  const isGraceful = request.level === undefined && runningTasks?.action === "terminate_gracefully";
  if (isGraceful && request.scope !== "tool") {
    receipt.escalation = await planEscalation(house, actor, receipt, runningTasks);
  }
  await recordStop(house, actor, receipt, { address, drill: request.drill === true });
  // an answer may have come between the receipt and its record
  await settleReports(house, DAEMON, hold.id);
  return receipt;
}

/** A tool has no processes; everything else is stopped as the policy says, and frozen where it says nothing. */
function levelOf({ level, scope }: StopRequest, tasks: RunningTasks | null): HoldLevel {
  if (level !== undefined) return level;
  if (scope === "tool") return "deny";
  if (tasks === null) return "freeze";
  return tasks.action === "terminate_immediately" ? "kill" : "deny";
}
