import type { Effector } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { serviceNeeds, serviceParameters, withService } from "./managed-service.ts";
import type { ServiceSurroundings } from "./managed-service.ts";

/** Whether a service runs, since when, how often it was started lately, and whether its check is answered well. */
export function checkService(surroundings: ServiceSurroundings): Effector {
  return defineProbe({
    name: "check.service",
    title: "Look at a service of the profile",
    parameters: serviceParameters,
    checkNeeds: async () => serviceNeeds(surroundings),
    describe: ({ service }) => `looks at the service ${service}`,
    ask: (ctx, { service }) =>
      withService(surroundings, ctx, service, async (one) => {
        const { exists, isRunning, state, since, check } = await one.look();
        const restartsInHour = one.history.startsInHour(ctx.clock.now());
        const output = {
          exists,
          active: isRunning,
          state,
          since,
          restartsInHour,
          well: check.isWell,
          reason: check.reason,
        };
        return { ok: true, output, message: `${service} is ${state}; ${check.reason}` };
      }),
  });
}
