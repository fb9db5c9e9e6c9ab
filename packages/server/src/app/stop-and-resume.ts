import { holdsOfSameStop } from "@firebreak/protocol";
import type { Actor, Hold, ResumeReceipt, StopReceipt, StopRequest, StopResult } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { resolveAlertsOfAgent } from "../alerts/index.ts";
import { enforceHold, liftHold } from "../containment/index.ts";
import { addTimelineEntry, markContained } from "../incidents/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { StopOfStep } from "./effectors.ts";
import { contextFor } from "./house.ts";
import type { House } from "./house.ts";
import { mirrorHolds } from "./mirror-holds.ts";

/** A stop that is not proved by then is reported as it stands; the supervisors go on trying. */
const ENFORCE_DEADLINE_MS = 5_000;

/**
 * Stops: the journal first, so that the stop holds whatever fails after it, then every covered tree, then the record.
 *
 * @throws FirebreakError invalid_body, storage_unavailable when the journal cannot be made durable
 */
export async function stopAgents(house: House, actor: Actor, request: StopRequest): Promise<StopReceipt> {
  const { killswitch, clock, config } = house;
  const requestedAtMs = clock.now();
  const hold = await killswitch.add({
    scope: request.scope,
    target: request.target ?? null,
    level: request.level,
    reason: request.reason,
    actor,
    incidentId: request.incidentId ?? null,
  });
  const results = await enforceHold({ home: config.home, hold, deadlineMs: ENFORCE_DEADLINE_MS, clock });
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
  await recordStop(house, actor, receipt);
  return receipt;
}

/** Records the stop that a playbook's step made; its hold may have been released meanwhile and then says so itself. */
export async function recordStopOfStep(house: House, actor: Actor, stop: StopOfStep): Promise<void> {
  const hold = house.killswitch.current().holds.find((candidate) => candidate.id === stop.holdId);
  // a deny stops no process: there is nothing to prove, and the hold itself is its record
  if (hold === undefined || hold.level === "deny") return;
  await recordStop(house, actor, {
    stopId: stop.stopId,
    hold,
    requestedAt: toIso(stop.requestedAtMs),
    completedAt: toIso(stop.completedAtMs),
    verified: stop.results.every((result) => result.state === "verified_stopped"),
    serverReachable: true,
    results: [...stop.results],
  });
}

/** Records a stop once (by its id), on the incident it belongs to, and marks the incident contained when proved. */
export async function recordStop(house: House, actor: Actor, receipt: StopReceipt): Promise<void> {
  const { hold } = receipt;
  const incidentId = await existingIncident(house, hold.incidentId);
  await inTransaction(house.database, async (trx) => {
    if (!(await insertStop(trx, receipt, incidentId))) return;
    await recordAudit(trx, {
      at: house.clock.now(),
      actor,
      action: "killswitch.stop",
      target: hold.id,
      detail: {
        scope: hold.scope,
        target: hold.target,
        level: hold.level,
        reason: hold.reason,
        verified: receipt.verified,
      },
    });
    if (incidentId !== null) await tellIncident(trx, house, actor, { ...receipt, incidentId });
  });
  const proved = receipt.verified && receipt.results.length > 0 && hold.level !== "deny";
  if (incidentId !== null && proved) {
    await markContained(contextFor(house, actor), {
      incidentId,
      tripToStopMs: Date.parse(receipt.completedAt) - firstTripMs(house, hold),
      at: Date.parse(receipt.completedAt),
    });
  }
}

/** When the stop began: automatic containment trips with its first hold, before the freeze that proves it. */
function firstTripMs(house: House, hold: Hold): number {
  return Math.min(...holdsOfSameStop(hold, house.killswitch.current().holds).map((one) => Date.parse(one.at)));
}

async function existingIncident(house: House, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const row = await house.database.kysely.selectFrom("incidents").select("id").where("id", "=", id).executeTakeFirst();
  return row?.id ?? null;
}

async function insertStop(trx: Trx, receipt: StopReceipt, incidentId: string | null): Promise<boolean> {
  const row = await trx
    .insertInto("stops")
    .values({
      id: receipt.stopId,
      hold: JSON.stringify(receipt.hold),
      hold_id: receipt.hold.id,
      incident_id: incidentId,
      requested_at: receipt.requestedAt,
      completed_at: receipt.completedAt,
      verified: receipt.verified,
      results: JSON.stringify(receipt.results),
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

async function tellIncident(
  trx: Trx,
  house: House,
  actor: Actor,
  receipt: StopReceipt & { incidentId: string },
): Promise<void> {
  await addTimelineEntry(
    trx,
    { actor, clock: house.clock },
    {
      incidentId: receipt.incidentId,
      key: `stop:${receipt.stopId}`,
      at: Date.parse(receipt.completedAt),
      kind: "stop",
      source: "killswitch",
      text: stopSentence(receipt.hold, receipt.results),
      data: { stopId: receipt.stopId, holdId: receipt.hold.id, verified: receipt.verified },
    },
  );
  await notifyLive(trx, "incident", receipt.incidentId);
}

function stopSentence(hold: Hold, results: readonly StopResult[]): string {
  const what = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
  if (results.length === 0) return `Stop (${hold.level}) of ${what}: no supervised session was running.`;
  const verified = results.filter((result) => result.state === "verified_stopped").length;
  const slowest = Math.max(...results.map((result) => result.elapsedMs ?? 0));
  return `Stop (${hold.level}) of ${what}: ${verified} of ${results.length} session(s) verified, slowest ${Math.round(slowest)} ms.`;
}

/**
 * Releases a hold, and with it the other holds of the same automatic stop. Sessions that no other hold covers run again;
 * the agent's open alerts are settled, so that its next misbehaviour raises a new one and is contained again.
 *
 * @throws FirebreakError not_found, conflict when it was released before
 */
export async function resumeHold(
  house: House,
  actor: Actor,
  request: { readonly id: string; readonly reason: string },
): Promise<ResumeReceipt> {
  const { killswitch, clock, config } = house;
  const { id, reason } = request;
  const { holds } = killswitch.current();
  const hold = holds.find((candidate) => candidate.id === id);
  if (hold === undefined) return refuseUnknownHold(house, id);
  const released = holdsOfSameStop(hold, holds);
  for (const one of released) await killswitch.release(one.id, { actor, reason });
  const remaining = killswitch.current().holds;
  const lifted = await liftHold({ home: config.home, hold, holds: remaining, clock });
  await mirrorHolds(house);
  await recordResume(house, actor, hold, reason);
  return {
    hold,
    releasedAt: toIso(clock.now()),
    resumed: lifted.map(({ sessionId, agentId, state }) => ({ sessionId, agentId, state })),
  };
}

async function refuseUnknownHold({ database }: House, id: string): Promise<never> {
  const past = await database.kysely.selectFrom("holds").select("id").where("id", "=", id).executeTakeFirst();
  if (past !== undefined) throw new FirebreakError("conflict", `The hold ${id} was released before.`);
  throw new FirebreakError("not_found", `There is no hold ${id} in force.`);
}

async function recordResume(house: House, actor: Actor, hold: Hold, reason: string): Promise<void> {
  const { clock } = house;
  const incidentId = await existingIncident(house, hold.incidentId);
  const what = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
  await inTransaction(house.database, async (trx) => {
    await recordAudit(trx, {
      at: clock.now(),
      actor,
      action: "killswitch.resume",
      target: hold.id,
      detail: { reason },
    });
    if (hold.scope === "agent" && hold.target !== null) await resolveAlertsOfAgent(trx, { clock, actor }, hold.target);
    if (incidentId === null) return;
    await addTimelineEntry(
      trx,
      { actor, clock },
      {
        incidentId,
        key: `resume:${hold.id}`,
        at: clock.now(),
        kind: "resume",
        source: "killswitch",
        text: `Hold (${hold.level}) on ${what} released: ${reason}`,
        data: { holdId: hold.id },
      },
    );
    await notifyLive(trx, "incident", incidentId);
  });
}
