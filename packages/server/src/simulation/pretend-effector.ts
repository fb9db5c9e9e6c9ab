import type { Effector, EffectorContext, EffectorOutcome } from "../containment/index.ts";
import type { KnownEffector } from "../playbooks/index.ts";
import type { SimulatedOutcome } from "./format.ts";

/** Names, parameters and nature are the effector's; what it does is what the case says of the step that calls it. */
export function pretendEffector(
  effector: KnownEffector,
  outcomeOf: (stepId: string) => SimulatedOutcome | undefined,
): Effector {
  const say = async (ctx: Pick<EffectorContext, "stepId">, parameters: unknown): Promise<EffectorOutcome> => {
    effector.parameters.parse(parameters);
    const outcome = outcomeOf(ctx.stepId);
    if (outcome?.ok === false) {
      return { ok: false, reason: outcome.reason, message: "it fails in this simulation", output: outcome.output };
    }
    return { ok: true, output: outcome?.output ?? {}, message: "it says that it did" };
  };
  return {
    ...effector,
    title: effector.name,
    rateLimit: null,
    checkNeeds: async () => [],
    blastRadius: async () => ({ agents: [], hosts: [], services: [], addresses: [] }),
    preview: async (ctx, parameters) => {
      await say(ctx, parameters);
      return {
        changes: [`would call ${effector.name}`],
        blastRadius: { agents: [], hosts: [], services: [], addresses: [] },
        obstacles: [],
      };
    },
    apply: say,
    verify: say,
    undo: say,
  };
}
