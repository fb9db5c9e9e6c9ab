import type { Actor, StopResult } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { House } from "../house.ts";
import { markIfContained } from "./record-stop.ts";
import type { StopAnswers } from "./remote-stops.ts";

/**
 * Takes what a supervisor on another host says came of a hold. A stop that waits for it gets it; one that is on record
 * already, without proof, is mended.
 */
export async function recordStopReport(
  house: House,
  actor: Actor,
  { holdId, result }: { readonly holdId: string; readonly result: StopResult },
): Promise<void> {
  house.remoteStops.take(holdId, result);
  await settleReports(house, actor, holdId);
}

/** Brings the stops on record for the hold in line with what was reported. A repeat changes nothing. */
export async function settleReports(house: House, actor: Actor, holdId: string): Promise<void> {
  const answers = house.remoteStops.answersTo(holdId);
  if (answers.size === 0) return;
  const mended = await inTransaction(house.database, (trx) => mendStops(trx, house, { actor, holdId, answers }));
  for (const { incidentId, ...stop } of mended) {
    if (incidentId !== null) await markIfContained(house, actor, incidentId, stop);
  }
}

interface Reports {
  readonly actor: Actor;
  readonly holdId: string;
  readonly answers: StopAnswers;
}

/** @returns the stops that were changed. The signed receipt of each stays what it was when it was given. */
async function mendStops(trx: Trx, { clock }: House, { actor, holdId, answers }: Reports) {
  const rows = await trx
    .selectFrom("stops")
    .select(["id", "hold", "incident_id", "requested_at", "results"])
    .where("hold_id", "=", holdId)
    .forUpdate()
    .execute();
  const at = clock.now();
  const mended = [];
  for (const row of rows) {
    const elapsedMs = at - row.requested_at.getTime();
    const results = row.results.map((known) => mend(known, answers.get(known.sessionId), elapsedMs));
    if (results.every((result, index) => result === row.results[index])) continue;
    const verified = results.every((result) => result.state === "verified_stopped");
    await trx
      .updateTable("stops")
      .set({ results: JSON.stringify(results), verified })
      .where("id", "=", row.id)
      .execute();
    const detail = { holdId, verified, sessions: results.length };
    await recordAudit(trx, { at, actor, action: "killswitch.stop_report", target: row.id, detail });
    if (row.incident_id !== null) await notifyLive(trx, "incident", row.incident_id);
    mended.push({ hold: row.hold, incidentId: row.incident_id, results, verified, completedAt: toIso(at) });
  }
  return mended;
}

/** A proof is not taken back by what comes later. */
function mend(known: StopResult, answer: StopResult | undefined, elapsedMs: number): StopResult {
  const isOpen = known.state === "unreachable" || known.state === "unverified";
  if (answer === undefined || !isOpen || answer.state === known.state) return known;
  const { sessionId, agentId, pack } = known;
  return { ...answer, sessionId, agentId, pack, elapsedMs, proof: `${answer.proof}, as its supervisor reported later` };
}
