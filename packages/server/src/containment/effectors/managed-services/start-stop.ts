import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { serviceNeeds, serviceParameters, withService } from "./managed-service.ts";
import type { ManagedService, ServiceSurroundings } from "./managed-service.ts";

const before = z.object({ wasRunning: z.boolean(), state: z.string() });

/** What starting and stopping have in common: each undoes the other. */
const common = { idempotent: true, expiry: "by_undo", parameters: serviceParameters } as const;

/** Brings a service up and waits until its check is answered well; undo stops what did not run before. */
export function serviceStart(surroundings: ServiceSurroundings): Effector {
  return defineEffector({
    ...common,
    name: "service.start",
    title: "Start a service of the profile",
    destroysEvidence: false,
    checkNeeds: async () => serviceNeeds(surroundings),
    blastRadius: async (_ctx, { service }) => ({ ...TOUCHES_NOTHING, services: [service] }),
    preview: (ctx, { service }) => previewOf(surroundings, ctx, service, "starts"),
    apply: (ctx, { service }) => withService(surroundings, ctx, service, (one) => startService(ctx, one)),
    verify: (ctx, { service }) =>
      withService(surroundings, ctx, service, async (one) => judgeUp(one, await one.look())),
    undo: (ctx, { service }) =>
      withService(surroundings, ctx, service, async (one) => {
        const was = readEffectRecord(ctx, before);
        if (was === null) return { ok: true, output: {}, message: "nothing is to be put back" };
        if (!was.wasRunning) await one.driver.stop(ctx.signal);
        return putBack(ctx, one);
      }),
  });
}

/** Stops a service and sees that it stands still; undo starts what ran before. */
export function serviceStop(surroundings: ServiceSurroundings): Effector {
  return defineEffector({
    ...common,
    name: "service.stop",
    title: "Stop a service of the profile",
    // what it held in its memory is gone
    destroysEvidence: true,
    checkNeeds: async () => serviceNeeds(surroundings),
    blastRadius: async (_ctx, { service }) => ({ ...TOUCHES_NOTHING, services: [service] }),
    preview: (ctx, { service }) => previewOf(surroundings, ctx, service, "stops"),
    apply: (ctx, { service }) => withService(surroundings, ctx, service, (one) => stopService(ctx, one)),
    verify: (ctx, { service }) => withService(surroundings, ctx, service, (one) => judgeDown(ctx, one)),
    undo: (ctx, { service }) =>
      withService(surroundings, ctx, service, async (one) => {
        const was = readEffectRecord(ctx, before);
        if (was === null) return { ok: true, output: {}, message: "nothing is to be put back" };
        const now = await one.driver.look(ctx.signal);
        if (was.wasRunning && !now.isRunning) await one.driver.start(ctx.signal);
        return putBack(ctx, one);
      }),
  });
}

export async function previewOf(
  surroundings: ServiceSurroundings,
  ctx: EffectorContext,
  service: string,
  verb: "starts" | "stops" | "restarts",
): Promise<readonly string[]> {
  const outcome = await withService(surroundings, ctx, service, async (one) => {
    const now = await one.driver.look(ctx.signal);
    if (!now.exists) return { ok: true, output: {}, message: `nothing: there is no ${one.driver.what}` };
    const spared = verb === "starts" ? null : one.driver.spared;
    const loop = verb === "stops" ? null : one.history.findLoop(ctx.clock.now());
    const refused = spared ?? loop;
    if (refused !== null) return { ok: true, output: {}, message: `nothing: ${refused}` };
    return { ok: true, output: {}, message: `${verb} ${one.driver.what}, which is ${now.state}` };
  });
  return [outcome.ok ? outcome.message : `nothing: ${outcome.message}`];
}

async function startService(ctx: EffectorContext, one: ManagedService): Promise<EffectorOutcome> {
  const now = await one.driver.look(ctx.signal);
  if (!now.exists) return { ok: false, reason: "not_found", message: `there is no ${one.driver.what}` };
  if (readEffectRecord(ctx, before) === null) {
    writeEffectRecord(ctx, { wasRunning: now.isRunning, state: now.state });
  }
  if (!now.isRunning) {
    const loop = one.history.findLoop(ctx.clock.now());
    if (loop !== null) return { ok: false, reason: "conflict", message: `${one.name}: ${loop}` };
    one.history.noteStart(ctx.clock.now());
    await one.driver.start(ctx.signal);
  }
  return judgeUp(one, await one.untilWell(), readEffectRecord(ctx, before)?.state ?? now.state);
}

export function judgeUp(
  { name }: ManagedService,
  seen: Awaited<ReturnType<ManagedService["look"]>>,
  stateBefore?: string,
): EffectorOutcome {
  const output = { before: stateBefore ?? null, after: seen.state, since: seen.since };
  if (seen.isRunning && seen.check.isWell)
    return { ok: true, output, message: `${name} is ${seen.state}: ${seen.check.reason}` };
  return {
    ok: false,
    reason: "unverified",
    output,
    message: `${name} is ${seen.state} and not well: ${seen.check.reason}`,
  };
}

async function stopService(ctx: EffectorContext, one: ManagedService): Promise<EffectorOutcome> {
  if (one.driver.spared !== null) {
    return { ok: false, reason: "denied", message: `${one.driver.spared}; it is never stopped` };
  }
  const now = await one.driver.look(ctx.signal);
  if (!now.exists) return { ok: false, reason: "not_found", message: `there is no ${one.driver.what}` };
  if (readEffectRecord(ctx, before) === null) {
    writeEffectRecord(ctx, { wasRunning: now.isRunning, state: now.state });
  }
  if (now.isRunning) await one.driver.stop(ctx.signal);
  return judgeDown(ctx, one);
}

async function judgeDown(ctx: EffectorContext, one: ManagedService): Promise<EffectorOutcome> {
  const now = await one.driver.look(ctx.signal);
  const was = readEffectRecord(ctx, before);
  const output = { before: was?.state ?? null, after: now.state, since: now.since };
  const message = `${one.name} is ${now.state}`;
  return now.isRunning ? { ok: false, reason: "unverified", output, message } : { ok: true, output, message };
}

async function putBack(ctx: EffectorContext, one: ManagedService): Promise<EffectorOutcome> {
  removeEffectRecord(ctx);
  const now = await one.driver.look(ctx.signal);
  return { ok: true, output: {}, message: `${one.name} is ${now.state}` };
}
