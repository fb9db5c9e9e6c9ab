import type { Actor, HoldLevel, StopReceipt, StopRequest } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { enforceEverywhere } from "./enforce-everywhere.ts";
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
  const hold = await killswitch.add({
    scope: request.scope,
    target: request.target ?? null,
    level: levelOf(request),
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
  await recordStop(house, actor, receipt, { address, drill: request.drill === true });
  // an answer may have come between the receipt and its record
  await settleReports(house, DAEMON, hold.id);
  return receipt;
}

/** A tool has no processes; everything else is frozen unless said otherwise. */
function levelOf({ level, scope }: StopRequest): HoldLevel {
  return level ?? (scope === "tool" ? "deny" : "freeze");
}
