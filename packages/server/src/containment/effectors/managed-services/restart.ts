import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { serviceNeeds, serviceParameters, withService } from "./managed-service.ts";
import type { ManagedService, ServiceSurroundings } from "./managed-service.ts";
import { judgeUp, previewOf } from "./start-stop.ts";

/** Restarts a service and waits until its check is answered well. It is not undone: what ran before is gone. */
export function serviceRestart(surroundings: ServiceSurroundings): Effector {
  return defineEffector({
    name: "service.restart",
    title: "Restart a service of the profile",
    // what it held in its memory is gone
    destroysEvidence: true,
    // twice is two restarts
    idempotent: false,
    expiry: "none",
    parameters: serviceParameters,
    checkNeeds: async () => serviceNeeds(surroundings),
    blastRadius: async (_ctx, { service }) => ({ ...TOUCHES_NOTHING, services: [service] }),
    preview: (ctx, { service }) => previewOf(surroundings, ctx, service, "restarts"),
    apply: (ctx, { service }) => withService(surroundings, ctx, service, (one) => restartService(ctx, one)),
    verify: (ctx, { service }) =>
      withService(surroundings, ctx, service, async (one) => judgeUp(one, await one.look())),
    undo: { stays: "A restart cannot be taken back." },
  });
}

async function restartService(ctx: EffectorContext, one: ManagedService): Promise<EffectorOutcome> {
  if (one.driver.spared !== null) {
    return { ok: false, reason: "denied", message: `${one.driver.spared}; it is never stopped` };
  }
  const now = await one.look();
  if (!now.exists) return { ok: false, reason: "not_found", message: `there is no ${one.driver.what}` };
  const loop = one.history.findLoop(ctx.clock.now());
  if (loop !== null) return { ok: false, reason: "conflict", message: `${one.name}: ${loop}` };
  one.history.noteStart(ctx.clock.now());
  await one.driver.restart(ctx.signal);
  return judgeUp(one, await one.untilWell(), now.state);
}
