import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { EffectorSettings, ServiceSettings } from "../../../kernel/index.ts";
import { needText } from "../../effector.ts";
import type { EffectorContext, EffectorOutcome, MissingNeed } from "../../effector.ts";
import { createEngineClient } from "../docker/index.ts";
import { ServiceError } from "../service/service-manager.ts";
import { openSystemctl } from "../service/systemctl.ts";
import { askCheck } from "./ask-check.ts";
import type { CheckAnswer, CheckSurroundings } from "./ask-check.ts";
import { commandDriver } from "./command-driver.ts";
import { dockerDriver } from "./docker-driver.ts";
import type { ServiceDriver, ServiceFacts } from "./driver.ts";
import { launchdDriver } from "./launchd-driver.ts";
import { openServiceHistory } from "./service-history.ts";
import type { ServiceHistory } from "./service-history.ts";
import { systemdDriver } from "./systemd-driver.ts";

export interface ServiceSurroundings extends CheckSurroundings {
  readonly settings: EffectorSettings;
  readonly services: readonly ServiceSettings[];
}

/** One service of the profile, with what moves it and what is known of it. */
export interface ManagedService {
  readonly name: string;
  readonly driver: ServiceDriver;
  readonly history: ServiceHistory;
  /** @returns what it is now, and what its check says (it is well when it has none and runs) */
  look(): Promise<ServiceFacts & { readonly check: CheckAnswer }>;
  /** Looks again until it is well, within its time. */
  untilWell(): Promise<ServiceFacts & { readonly check: CheckAnswer }>;
}

export const serviceParameters = z.strictObject({
  /** its name in the profile's section `services` */
  service: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use a name of the profile's section services"),
});

export function serviceNeeds({ services }: ServiceSurroundings): readonly MissingNeed[] {
  if (services.length > 0) return [];
  return [{ what: "the profile names no services", remedy: "describe them in its section services" }];
}

/**
 * Does something with the service of that name, if the profile has it and what manages it can be asked.
 *
 * @returns the outcome, also of what the manager refused
 */
export async function withService(
  surroundings: ServiceSurroundings,
  ctx: EffectorContext,
  name: string,
  act: (service: ManagedService) => Promise<EffectorOutcome>,
): Promise<EffectorOutcome> {
  const settings = surroundings.services.find((one) => one.name === name);
  if (settings === undefined) {
    const known = surroundings.services.map((one) => one.name).join(", ");
    return { ok: false, reason: "not_found", message: `the profile has no service ${name}; it has: ${known}` };
  }
  const service = openService(surroundings, ctx, settings);
  const missing = await service.driver.checkNeeds();
  if (missing.length > 0) return { ok: false, reason: "unavailable", message: missing.map(needText).join(". ") };
  try {
    return await act(service);
  } catch (fault) {
    if (!(fault instanceof ServiceError)) throw fault;
    return { ok: false, reason: "failed", message: fault.message };
  }
}

const LOOK_MS = 200;

function openService(surroundings: ServiceSurroundings, ctx: EffectorContext, one: ServiceSettings): ManagedService {
  const driver = driverOf(surroundings.settings, ctx.home, one);
  const history = openServiceHistory(ctx.home, one.name);
  const look = async () => {
    const facts = await driver.look(ctx.signal);
    history.noteCount(facts.restarts, ctx.clock.now());
    const runs = { isWell: facts.isRunning, reason: `${driver.what} is ${facts.state}` };
    const check = one.check === undefined || !facts.isRunning ? runs : await askCheck(ctx, one.check, surroundings);
    return { ...facts, check };
  };
  return {
    name: one.name,
    driver,
    history,
    look,
    untilWell: async () => {
      const deadline = ctx.clock.monotonicMs() + one.readySeconds * 1000;
      for (;;) {
        const seen = await look();
        if (seen.check.isWell || ctx.signal.aborted || ctx.clock.monotonicMs() >= deadline) return seen;
        await delay(LOOK_MS);
      }
    },
  };
}

function driverOf(settings: EffectorSettings, home: string, one: ServiceSettings): ServiceDriver {
  const { systemd, launchd, docker, command } = one;
  if (systemd !== undefined)
    return systemdDriver(openSystemctl(settings.systemd.systemctl, settings.systemd.scope), systemd);
  if (launchd !== undefined) return launchdDriver(settings.launchd.launchctl, launchd);
  if (docker !== undefined) return dockerDriver(createEngineClient(settings.docker.endpoint), docker);
  if (command !== undefined) return commandDriver(home, one.name, command);
  throw new Error(`the service ${one.name} says not what manages it`);
}
