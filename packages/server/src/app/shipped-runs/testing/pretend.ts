import { TOUCHES_NOTHING } from "../../../containment/index.ts";
import type { Effector, EffectorContext } from "../../../containment/index.ts";
import type { Day } from "./days.ts";

/** What becomes of what pretended effectors do. */
export interface Acts {
  /** @returns when the act is over */
  act(verb: "apply" | "verify" | "undo", effector: string, ctx: EffectorContext): Promise<void>;
  /** whether another step of the run has asked that effector before */
  wasAsked(effector: string, ctx: EffectorContext): boolean;
}

/** The effector's name, parameters and nature, without its deeds: it says that it did. */
export function pretend(effector: Effector, { outputs, later = {} }: Day, acts: Acts): Effector {
  const { name } = effector;
  const say = (verb: "apply" | "verify" | "undo") => async (ctx: EffectorContext, parameters: unknown) => {
    effector.parameters.parse(parameters);
    const again = later[name] && acts.wasAsked(name, ctx) ? later[name] : undefined;
    await acts.act(verb, name, ctx);
    return { ok: true as const, output: again ?? outputs[name] ?? {}, message: "it says that it did" };
  };
  const preview = async () => ({ changes: ["it would"], obstacles: [], blastRadius: TOUCHES_NOTHING });
  return {
    ...effector,
    checkNeeds: async () => [],
    preview,
    apply: say("apply"),
    verify: say("verify"),
    undo: say("undo"),
  };
}
