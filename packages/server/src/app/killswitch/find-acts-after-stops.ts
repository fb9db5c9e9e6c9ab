import type { StopResult } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { addTimelineEntry } from "../../incidents/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import { DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { raiseOwnAlert } from "../own-alerts.ts";
import { addContradiction } from "./receipts.ts";

/** What changes something outside the agent. */
const ACTS = ["tool_call", "command", "network", "file", "message", "transaction"];
/** Clocks of gates and ours differ, and an act that began before the stop may end after it. */
const TOLERANCE_MS = 2000;
const STOPS_MAX = 200;
const ACTS_NAMED = 5;
const CONTRADICTED = "killswitch.contradicted";

interface Act {
  readonly id: string;
  readonly kind: string;
  readonly time: Date;
  readonly session_id: string | null;
}

/**
 * The other side of a receipt: acts that were reported of a session after it was proved stopped, while its hold was in
 * force. Then either the proof or the gate is wrong; an alert, the audit log, the incident's timeline and a signed addendum
 * to the receipt say so once.
 */
export function createActsAfterStops(house: House): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    const inForce = house.killswitch.current().holds.map((hold) => hold.id);
    if (inForce.length === 0) return told.clear();
    const stops = await house.database.kysely
      .selectFrom("stops")
      .selectAll()
      .where("hold_id", "in", inForce)
      .where("completed_at", "is not", null)
      .orderBy("requested_at", "desc")
      .limit(STOPS_MAX)
      .execute();
    for (const stop of stops) {
      const stopped = stop.results.filter((result) => result.state === "verified_stopped");
      if (told.has(stop.id) || stopped.length === 0 || stop.completed_at === null) continue;
      const acts = await findActs(house, stopped, stop.completed_at);
      if (acts.length === 0) continue;
      const { id: stopId, hold_id: holdId, incident_id: incidentId, completed_at: completedAt } = stop;
      await tell(house, { stopId, holdId, incidentId, completedAt }, acts);
      told.add(stop.id);
    }
  };
}

async function findActs(house: House, stopped: readonly StopResult[], completedAt: Date): Promise<Act[]> {
  return house.database.kysely
    .selectFrom("events")
    .select(["id", "kind", "time", "session_id"])
    .where("agent_id", "in", [...new Set(stopped.map((result) => result.agentId))])
    .where("time", ">", new Date(completedAt.getTime() + TOLERANCE_MS))
    .where(
      "session_id",
      "in",
      stopped.map((result) => result.sessionId),
    )
    .where("kind", "in", ACTS)
    .where("outcome", "!=", "denied")
    .orderBy("time")
    .limit(ACTS_NAMED)
    .execute();
}

async function tell(
  house: House,
  stop: { readonly stopId: string; readonly holdId: string; readonly incidentId: string | null; completedAt: Date },
  acts: readonly Act[],
): Promise<void> {
  const { stopId, holdId, incidentId, completedAt } = stop;
  const named = acts.map(({ id, kind, time }) => `${kind} ${id} at ${toIso(time.getTime())}`).join(", ");
  const text = `The receipt ${stopId} says verified_stopped, but acts of the stopped session were reported after it: ${named}. Take the stop for unverified: look at the machine, and at the gate that reported them.`;
  const at = house.clock.now();
  await inTransaction(house.database, async (trx) => {
    const audit = trx.selectFrom("audit_log").select("action").where("target", "=", stopId);
    if ((await audit.where("action", "=", CONTRADICTED).executeTakeFirst()) !== undefined) return;
    await recordAudit(trx, {
      at,
      actor: DAEMON,
      action: CONTRADICTED,
      target: stopId,
      detail: { holdId, acts: named },
    });
    await addContradiction(trx, house, {
      stopId,
      completedAt: toIso(completedAt.getTime()),
      foundAt: toIso(at),
      acts: acts.map(({ id, kind, time, session_id: sessionId }) => ({
        eventId: id,
        kind,
        at: toIso(time.getTime()),
        sessionId: sessionId ?? "",
      })),
    });
    await notifyLive(trx, "hold", holdId);
    if (incidentId === null) return;
    const key = `contradicted:${stopId}`;
    const entry = { incidentId, key, at, kind: "stop", source: "killswitch", text, data: { stopId, holdId } } as const;
    await addTimelineEntry(trx, { actor: DAEMON, clock: house.clock }, entry);
    await notifyLive(trx, "incident", incidentId);
  });
  const title = "An agent acted after it was proved stopped";
  await raiseOwnAlert(house, { key: `acted-after-stop/${stopId}`, title, text, severity: 1 });
}
