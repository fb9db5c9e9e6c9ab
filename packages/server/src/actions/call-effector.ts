import type { Actor } from "@firebreak/protocol";
import { openTimeBox, runWithin } from "../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../containment/index.ts";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import type { ActionRow } from "./action-row.ts";
import type { ActionContext } from "./context.ts";

/** Snapshots of large containers take minutes; whoever waits for the answer may go away meanwhile. */
const TIME_BOX_MS = { apply: 300_000, verify: 15_000, undo: 60_000 } as const;

/** @throws FirebreakError not_found naming what there is */
export function findEffector({ effectors }: Pick<ActionContext, "effectors">, name: string): Effector {
  const effector = effectors.get(name);
  if (effector !== undefined) return effector;
  const known = [...effectors.keys()].toSorted().join(", ");
  throw new FirebreakError("not_found", `There is no effector ${name}. Use one of: ${known}.`);
}

export function effectorContext(
  ctx: ActionContext,
  {
    id,
    incidentId,
    expiresAt,
  }: { readonly id: string; readonly incidentId: string | null; readonly expiresAt: number | null },
  signal: AbortSignal,
): EffectorContext {
  const { home, clock, newId, logger, actor } = ctx;
  return { home, clock, newId, logger, actor, incidentId, runId: id, stepId: "action", expiresAt, signal };
}

export type CallResult =
  | { readonly kind: "outcome"; readonly outcome: EffectorOutcome }
  /** it did not answer in time, so nobody knows what it did */
  | { readonly kind: "unknown"; readonly message: string };

/** Calls one verb of the action's effector with what the row says. Never throws. */
export async function callEffector(
  ctx: ActionContext,
  row: ActionRow,
  verb: "apply" | "verify" | "undo",
  options: { readonly repeats?: boolean; readonly actor?: Actor } = {},
): Promise<CallResult> {
  const effector = ctx.effectors.get(row.effector);
  if (effector === undefined) {
    const message = `nothing here provides the effector ${row.effector} any more`;
    return { kind: "outcome", outcome: { ok: false, reason: "unavailable", message, remains: true } };
  }
  const box = openTimeBox(TIME_BOX_MS[verb]);
  const facts = { id: row.id, incidentId: row.incident_id, expiresAt: row.expires_at?.getTime() ?? null };
  try {
    const boxed = await runWithin(box, (signal) => {
      const own = effectorContext({ ...ctx, actor: options.actor ?? ctx.actor }, facts, signal);
      if (verb !== "apply") return effector[verb](own, row.parameters, row.output);
      return effector.apply({ ...own, repeats: options.repeats ?? false }, row.parameters);
    });
    switch (boxed.kind) {
      case "ended":
        return { kind: "outcome", outcome: boxed.value };
      case "threw":
        return { kind: "outcome", outcome: { ok: false, reason: "failed", message: messageOf(boxed.error) } };
      case "timed_out":
        if (boxed.value !== null) return { kind: "outcome", outcome: boxed.value };
        return { kind: "unknown", message: `${verb} did not answer within ${TIME_BOX_MS[verb] / 1000} s` };
      default:
        return boxed satisfies never;
    }
  } finally {
    box.close();
  }
}

/** Has the action to itself in this process. @returns null when this process is at it already */
export async function alone<T>(ctx: ActionContext, id: string, work: () => Promise<T>): Promise<T | null> {
  if (ctx.actionsUnderWay.has(id)) return null;
  ctx.actionsUnderWay.add(id);
  try {
    return await work();
  } finally {
    ctx.actionsUnderWay.delete(id);
  }
}
