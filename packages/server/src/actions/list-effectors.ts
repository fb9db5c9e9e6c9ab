import type { EffectorView } from "@firebreak/protocol";
import { z } from "zod";
import type { Effector } from "../containment/index.ts";
import type { ActionContext } from "./context.ts";
import { roleFor } from "./preview-action.ts";

/** Everything that can act here, what each takes and what it lacks. */
export async function listEffectors({ effectors }: Pick<ActionContext, "effectors">): Promise<EffectorView[]> {
  return Promise.all([...effectors.values()].map(toEffectorView));
}

async function toEffectorView(effector: Effector): Promise<EffectorView> {
  const { name, title, destroysEvidence, expiry } = effector;
  const missing = (await effector.checkNeeds()).map(({ what, remedy }) => ({ what, remedy }));
  const { $schema: _, ...parameters } = z.toJSONSchema(effector.parameters, { io: "input", unrepresentable: "any" });
  return { name, title, destroysEvidence, expiry, role: roleFor(effector), missing, parameters };
}
