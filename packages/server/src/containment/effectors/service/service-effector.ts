import { hostname } from "node:os";
import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { ServiceError } from "./service-manager.ts";
import type { ServiceManager } from "./service-manager.ts";

const before = z.object({ isRunning: z.boolean(), isBlocked: z.boolean(), definition: z.string().optional() });

export interface ServiceEffectorFacts {
  readonly name: string;
  readonly title: string;
  readonly manager: ServiceManager;
  /** the parameter that names the service, and what it looks like */
  readonly key: string;
  readonly pattern: RegExp;
  readonly hint: string;
  /** services that are never stopped, with the reason */
  readonly spared: (service: string) => string | null;
}

/** Stops a service so that nothing starts it again; undo lets it be started, and starts it when it ran before. */
export function serviceEffector(facts: ServiceEffectorFacts): Effector {
  const { manager, spared } = facts;
  const parameters = z.strictObject({ [facts.key]: z.string().max(256).regex(facts.pattern, facts.hint) });
  const serviceOf = (given: z.output<typeof parameters>) => given[facts.key] ?? "";
  return defineEffector({
    name: facts.name,
    title: facts.title,
    destroysEvidence: true,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    checkNeeds: () => manager.checkNeeds(),
    blastRadius: async (_ctx, given) => ({ ...TOUCHES_NOTHING, services: [serviceOf(given)], hosts: [hostname()] }),
    preview: async (ctx, given) => {
      const service = serviceOf(given);
      const reason = spared(service);
      if (reason !== null) return [`nothing: ${reason}`];
      const now = await manager.look(service, ctx.signal);
      if (!now.exists) return [`nothing: there is no ${service}`];
      return now.isBlocked && !now.isRunning ? [`nothing: ${service} is ${now.words}`] : manager.words(service);
    },
    apply: async (ctx, given) => {
      const service = serviceOf(given);
      const reason = spared(service);
      if (reason !== null) return { ok: false, reason: "denied", message: reason };
      return explainFaults(() => stopService(manager, ctx, service));
    },
    verify: async (ctx, given) => explainFaults(() => verifyStopped(manager, ctx, serviceOf(given))),
    undo: async (ctx, given) => explainFaults(() => startAgain(manager, ctx, serviceOf(given))),
  });
}

async function stopService(manager: ServiceManager, ctx: EffectorContext, service: string): Promise<EffectorOutcome> {
  const now = await manager.look(service, ctx.signal);
  if (!now.exists) return { ok: false, reason: "not_found", message: `there is no ${service}` };
  if (readEffectRecord(ctx, before) === null) {
    const { isRunning, isBlocked, definition } = now;
    writeEffectRecord(ctx, { isRunning, isBlocked, ...(definition === undefined ? {} : { definition }) });
  }
  if (!now.isBlocked || now.isRunning) await manager.stop(service, ctx.signal);
  return verifyStopped(manager, ctx, service);
}

async function verifyStopped(manager: ServiceManager, ctx: EffectorContext, service: string): Promise<EffectorOutcome> {
  const now = await manager.look(service, ctx.signal);
  const isStopped = now.isBlocked && !now.isRunning && readEffectRecord(ctx, before) !== null;
  const message = `${service} is ${now.words}`;
  return isStopped ? { ok: true, output: { service }, message } : { ok: false, reason: "unverified", message };
}

async function startAgain(manager: ServiceManager, ctx: EffectorContext, service: string): Promise<EffectorOutcome> {
  const was = readEffectRecord(ctx, before);
  if (was === null) return { ok: true, output: {}, message: "nothing is to be put back" };
  const now = await manager.look(service, ctx.signal);
  if (now.isBlocked && !was.isBlocked) await manager.release(service, ctx.signal);
  if (was.isRunning && !now.isRunning) {
    const { definition } = was;
    await manager.start(service, ctx.signal, definition === undefined ? {} : { definition });
  }
  const after = await manager.look(service, ctx.signal);
  removeEffectRecord(ctx);
  return { ok: true, output: {}, message: `${service} is ${after.words}` };
}

async function explainFaults(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (!(fault instanceof ServiceError)) throw fault;
    return { ok: false, reason: "failed", message: fault.message };
  }
}
