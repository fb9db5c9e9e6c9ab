import { holdsOfSameStop } from "@firebreak/protocol";
import type { Actor, Hold, StopReceipt, StopResult } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { addTimelineEntry, isEveryAgentStopped, markContained } from "../../incidents/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { StopOfStep } from "../effectors.ts";
import { contextFor } from "../house.ts";
import type { House } from "../house.ts";
import { keepReceipt } from "./receipts.ts";

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

interface StopFacts {
  /** where the request came from */
  readonly address: string | null;
  /** a test of the kill switch */
  readonly drill: boolean;
}

/** Records a stop once (by its id), on the incident it belongs to, and marks the incident contained when proved. */
export async function recordStop(
  house: House,
  actor: Actor,
  receipt: StopReceipt,
  { address, drill }: StopFacts = { address: null, drill: false },
): Promise<void> {
  const { hold } = receipt;
  const incidentId = await existingIncident(house, hold.incidentId);
  await inTransaction(house.database, async (trx) => {
    if (!(await insertStop(trx, receipt, incidentId, drill))) return;
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
        result: receipt.verified ? "verified" : "not verified",
        ipAddress: address,
        drill,
      },
    });
    await keepReceipt(trx, house, { kind: "stop", version: 1, drill, receipt });
    if (incidentId !== null) await tellIncident(trx, house, actor, { ...receipt, incidentId });
  });
  if (incidentId !== null) await markIfContained(house, actor, incidentId, receipt);
}

/** A proved stop of processes contains its incident; that of the last agent, if it is a storm. */
export async function markIfContained(
  house: House,
  actor: Actor,
  incidentId: string,
  { hold, verified, results, completedAt }: Pick<StopReceipt, "hold" | "verified" | "results" | "completedAt">,
): Promise<void> {
  if (!verified || results.length === 0 || hold.level === "deny") return;
  if (!(await isEveryAgentStopped(house, incidentId))) return;
  const at = Date.parse(completedAt);
  await markContained(contextFor(house, actor), { incidentId, tripToStopMs: at - firstTripMs(house, hold), at });
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

async function insertStop(trx: Trx, receipt: StopReceipt, incidentId: string | null, drill: boolean): Promise<boolean> {
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
      drill,
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
