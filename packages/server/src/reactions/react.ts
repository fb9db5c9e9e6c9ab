import { z } from "zod";
import { automaticContainments, getAlert } from "../alerts/index.ts";
import { messageOf } from "../kernel/index.ts";
import { findEvent } from "../telemetry/index.ts";
import { applyReaction } from "./apply-reaction.ts";
import { beginReaction } from "./begin-reaction.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { occasionOf, planReactions, readsEvent } from "./plan-reaction.ts";
import { settleReaction } from "./settle-reaction.ts";

const tagged = z.object({ tags: z.array(z.string()) });

/**
 * Does what the profile says about an alert that opened or joined an incident: at once, after asking, or only in words.
 * Safe to call again: what was decided stays decided, and what was begun goes on.
 *
 * @returns ids of playbook runs that may be executed now
 * @throws Error when one could not be decided on; the others were
 */
export async function reactToAlert(
  ctx: ReactionContext,
  { alertId, incidentId }: { readonly alertId: string; readonly incidentId: string },
): Promise<string[]> {
  const alert = await getAlert(ctx, alertId);
  const tags = tagged.safeParse(alert.detail).data?.tags ?? [];
  const containments = automaticContainments(ctx.profile, { ...alert, tags });
  const eventId = alert.eventIds.at(-1);
  const event = eventId !== undefined && containments.some(readsEvent) ? await findEvent(ctx, eventId) : null;
  const occasion = occasionOf(alert, incidentId, event);
  const runs: string[] = [];
  const faults: unknown[] = [];
  for (const containment of containments) {
    try {
      for (const plan of planReactions(containment, occasion)) {
        const runId = await carryOn(ctx, await beginReaction(ctx, plan));
        if (runId !== null) runs.push(runId);
      }
    } catch (fault) {
      ctx.logger.error("an automatic containment failed and is tried again", {
        rule: containment.name,
        problem: messageOf(fault),
      });
      faults.push(fault);
    }
  }
  if (runs.length === 0 && faults.length > 0) throw faults[0];
  return runs;
}

/** Alerts that are reacted to at the same time, so that one that waits for something does not hold up the others. */
const AT_ONCE = 4;

/**
 * The same for many alerts. Their runs are executed by jobs of their own.
 *
 * @throws Error when one could not be decided on; the others were
 */
export async function reactToAlerts(
  ctx: ReactionContext,
  admitted: readonly { readonly alertId: string; readonly incidentId: string }[],
): Promise<void> {
  const left = [...admitted];
  const faults: unknown[] = [];
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      try {
        await reactToAlert(ctx, one);
      } catch (fault) {
        faults.push(fault);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (faults.length > 0) throw faults[0];
}

/** Does what is left to do about a decision; nothing when it is done. @returns a playbook's run that may be executed */
export async function carryOn(ctx: ReactionContext, row: ReactionRow): Promise<string | null> {
  switch (row.state) {
    case "deciding":
      await settleReaction(ctx, row);
      return null;
    case "applying":
      await applyReaction(ctx, row);
      return null;
    case "applied":
      return row.run_id;
    case "observed":
    case "waiting":
    case "failed":
    case "denied":
    case "expired":
      return null;
    default:
      return row.state satisfies never;
  }
}
