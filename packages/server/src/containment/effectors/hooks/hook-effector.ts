import { z } from "zod";
import type { HookSettings } from "../../../kernel/index.ts";
import { canonicalJson, toIso } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { BlastRadius, Effector, EffectorContext, EffectorOutcome, MissingNeed } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";

export type HookVerb = "apply" | "verify" | "undo";
export type HookParameters = Readonly<Record<string, string>>;

export interface HookCall {
  readonly verb: HookVerb;
  readonly parameters: HookParameters;
  /** the same for every try of this verb for this step of this run */
  readonly key: string;
  /** what is sent: a JSON object of the schema `firebreak.hook/1` */
  readonly body: string;
  readonly ctx: EffectorContext;
}

/** How a hook is asked; HTTP and command differ in nothing else. */
export interface HookTransport {
  readonly canVerify: boolean;
  readonly canUndo: boolean;
  checkNeeds(): Promise<readonly MissingNeed[]>;
  /** @returns what would be asked, as a sentence, without secrets */
  describe(parameters: HookParameters): string;
  call(call: HookCall): Promise<EffectorOutcome>;
}

// no control characters: a line is a line; and no dash first: a value is never an option
const value = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^-\p{Cc}][^\p{Cc}]*$/u, "use a text of one line that does not begin with a dash");

const record = z.object({ isApplied: z.boolean() });

/** An effector that somebody else carries out. That it was asked is on record before it is, and what it said after. */
export function hookEffector(settings: HookSettings, transport: HookTransport): Effector {
  const { name, title, destroysEvidence, idempotent } = settings;
  const parameters = z.strictObject(Object.fromEntries(settings.parameters.map((key) => [key, value])));
  const ask = (verb: HookVerb, ctx: EffectorContext, given: HookParameters) =>
    transport.call({ verb, parameters: given, ctx, key: keyOf(ctx, verb), body: bodyOf(name, verb, ctx, given) });
  return defineEffector({
    name: `hook.${name}`,
    title,
    destroysEvidence,
    idempotent,
    expiry: transport.canUndo ? "by_undo" : "none",
    parameters,
    checkNeeds: () => transport.checkNeeds(),
    blastRadius: async (_ctx, given) => touchedBy(settings, given),
    preview: async (_ctx, given) => [transport.describe(given)],
    apply: async (ctx, given) => {
      if (readEffectRecord(ctx, record) === null) writeEffectRecord(ctx, { isApplied: false });
      const outcome = await ask("apply", ctx, given);
      if (outcome.ok) writeEffectRecord(ctx, { isApplied: true });
      return outcome;
    },
    verify: async (ctx, given) => {
      const known = readEffectRecord(ctx, record);
      if (known?.isApplied === true && !transport.canVerify) {
        return { ok: true, output: {}, message: `hook.${name} said that it did it; it has no way to look` };
      }
      if (known !== null && transport.canVerify) return ask("verify", ctx, given);
      return { ok: false, reason: "unverified", message: `hook.${name} has not said that it did it` };
    },
    undo: async (ctx, given, output) => {
      if (!transport.canUndo) return { ok: true, output, message: "There is no way to take it back." };
      if (readEffectRecord(ctx, record) === null) return { ok: true, output, message: "nothing is to be taken back" };
      const outcome = await ask("undo", ctx, given);
      if (outcome.ok) removeEffectRecord(ctx);
      return outcome;
    },
  });
}

function touchedBy({ name, touches }: HookSettings, given: HookParameters): BlastRadius {
  const named = (kind: keyof BlastRadius) =>
    Object.entries(touches).flatMap(([key, of]) => (of === kind ? (given[key] ?? []) : []));
  if (Object.keys(touches).length === 0) return { ...TOUCHES_NOTHING, services: [`hook.${name}`] };
  return {
    agents: named("agents"),
    hosts: named("hosts"),
    services: named("services"),
    addresses: named("addresses"),
  };
}

const keyOf = ({ runId, stepId }: EffectorContext, verb: HookVerb) => `${runId}/${stepId}/${verb}`;

function bodyOf(hook: string, verb: HookVerb, ctx: EffectorContext, parameters: HookParameters): string {
  const { runId, stepId, incidentId, actor, expiresAt } = ctx;
  return canonicalJson({
    schema: "firebreak.hook/1",
    verb,
    hook,
    id: `${runId}/${stepId}`,
    parameters,
    incidentId,
    actor: { kind: actor.kind, name: actor.name },
    expiresAt: expiresAt === null ? null : toIso(expiresAt),
  });
}
