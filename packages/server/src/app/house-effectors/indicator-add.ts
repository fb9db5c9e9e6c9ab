import { indicatorType } from "@firebreak/protocol";
import { z } from "zod";
import {
  TOUCHES_NOTHING,
  defineEffector,
  readEffectRecord,
  removeEffectRecord,
  writeEffectRecord,
} from "../../containment/index.ts";
import type { Effector, EffectorContext } from "../../containment/index.ts";
import { addIndicators, listIndicators, normalizeIndicator, removeIndicator } from "../../indicators/index.ts";
import type { Database } from "../../storage/index.ts";

const indicatorParameters = z
  .strictObject({
    type: indicatorType,
    value: z.string().trim().min(1).max(2048),
    note: z.string().max(1000).optional(),
  })
  .superRefine(({ type, value }, issues) => {
    const normal = normalizeIndicator(value, type);
    if (!normal.ok) issues.addIssue({ code: "custom", message: normal.message, path: ["value"] });
  });
type IndicatorParameters = z.output<typeof indicatorParameters>;

const record = z.object({ wasThere: z.boolean() });

/** Puts a value on the list of indicators of compromise, for events from now on. */
export function indicatorAdd(database: Database): Effector {
  const find = async ({ type, value }: IndicatorParameters) => {
    const normal = normalizeIndicator(value, type);
    if (!normal.ok) return undefined;
    const { items } = await listIndicators({ database }, { effect: "match", type, value: normal.value, limit: 1 });
    return items[0];
  };
  const contextOf = ({ clock, newId, actor }: EffectorContext) => ({ database, clock, newId, actor });
  return defineEffector({
    name: "indicator.add",
    title: "Add an indicator of compromise",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters: indicatorParameters,
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async (_ctx, { type, value }) => [`looks for the ${type} ${value} in every event from now on`],
    apply: async (ctx, parameters) => {
      const wasThere = (await find(parameters)) !== undefined;
      if (readEffectRecord(ctx, record) === null) writeEffectRecord(ctx, { wasThere });
      const { type, value, note } = parameters;
      const source = ctx.incidentId ?? ctx.actor.name;
      await addIndicators(contextOf(ctx), { type, values: [value], source: source.slice(0, 128), description: note });
      const added = await find(parameters);
      if (added === undefined) return { ok: false, reason: "failed", message: `${value} was not taken` };
      const message = `${added.value} is on the list${wasThere ? ", and was before" : ""}`;
      return { ok: true, output: { indicatorId: added.id }, message };
    },
    verify: async (_ctx, parameters, output) => {
      const found = await find(parameters);
      if (found !== undefined) return { ok: true, output, message: `${found.value} is on the list` };
      return { ok: false, reason: "unverified", message: `${parameters.value} is not on the list`, output };
    },
    undo: async (ctx, parameters, output) => {
      const known = readEffectRecord(ctx, record);
      const found = known?.wasThere === false ? await find(parameters) : undefined;
      if (found !== undefined) await removeIndicator(contextOf(ctx), { id: found.id });
      removeEffectRecord(ctx);
      return { ok: true, output, message: found === undefined ? "nothing is to be taken off" : "taken off the list" };
    },
  });
}
