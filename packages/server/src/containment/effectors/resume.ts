import { hold as holdSchema } from "@firebreak/protocol";
import type { Hold } from "@firebreak/protocol";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import type { Enforce } from "./stop-with-hold.ts";
import { holdIdOf, releaseHold, withKillswitch } from "./stop-with-hold.ts";

const parameters = z.strictObject({
  /** the hold to lift */
  holdId: z.string().min(1).max(64),
  reason: z.string().trim().min(3).max(1000),
});

/** Lifts one hold for a person; its undo stops again what it let go. */
export const resumeEffector = (enforce: Enforce): Effector =>
  defineEffector({
    name: "agent.resume",
    title: "Let a stopped agent run again",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters,
    blastRadius: async (ctx, { holdId }) => {
      const hold = await findHold(ctx, holdId);
      return hold?.scope === "agent" && hold.target !== null
        ? { ...TOUCHES_NOTHING, agents: [hold.target] }
        : TOUCHES_NOTHING;
    },
    preview: async (ctx, { holdId }) => {
      const hold = await findHold(ctx, holdId);
      if (hold === null) return [];
      const target = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
      return [`lifts the hold ${holdId} (${hold.level}) on ${target}`];
    },
    apply: async (ctx, { holdId, reason }) => {
      const hold = await findHold(ctx, holdId);
      return releaseHold(ctx, holdId, reason, hold === null ? { holdId } : { holdId, hold });
    },
    verify: async (ctx, { holdId }, output): Promise<EffectorOutcome> => {
      if ((await findHold(ctx, holdId)) === null) return { ok: true, output, message: `the hold ${holdId} is lifted` };
      return { ok: false, reason: "unverified", message: `the hold ${holdId} is in force`, output };
    },
    undo: async (ctx, given, output) => stopAgain(ctx, given.holdId, output, enforce),
  });

async function findHold(ctx: EffectorContext, holdId: string): Promise<Hold | null> {
  return withKillswitch(ctx, async (killswitch) => killswitch.current().holds.find((one) => one.id === holdId) ?? null);
}

/** A released hold stays released; the same stop comes back under an id of its own. */
async function stopAgain(
  ctx: EffectorContext,
  holdId: string,
  output: EffectorOutput,
  enforce: Enforce,
): Promise<EffectorOutcome> {
  return withKillswitch(ctx, async (killswitch): Promise<EffectorOutcome> => {
    const closed = killswitch.history().find((entry) => entry.hold.id === holdId)?.hold;
    const lifted = holdSchema.safeParse(output["hold"]).data ?? closed;
    if (lifted === undefined) return { ok: true, output, message: `the hold ${holdId} was never lifted here` };
    const { scope, target, level, reason } = lifted;
    const { actor, incidentId } = ctx;
    const hold = await killswitch.add({
      id: holdIdOf(ctx, "stop-again"),
      scope,
      target,
      level,
      reason,
      actor,
      incidentId,
    });
    const results = await enforce({ home: ctx.home, hold, clock: ctx.clock, logger: ctx.logger });
    const ok = results.every((result) => result.state === "verified_stopped" || result.state === "acknowledged");
    const message = `stopped again by ${hold.id}`;
    return ok ? { ok, output: { ...output, results }, message } : { ok, reason: "unverified", message, output };
  });
}
