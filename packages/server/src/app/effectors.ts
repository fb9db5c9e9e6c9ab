import { createHash } from "node:crypto";
import { formatId, stopResult } from "@firebreak/protocol";
import type { Actor, Hold, StopId, StopResult } from "@firebreak/protocol";
import { z } from "zod";
import { listOperatorAddresses } from "../access/index.ts";
import {
  TOUCHES_NOTHING,
  agentEffectorsWith,
  defineEffector,
  guardEffector,
  hostEffectors,
  localEffectors,
  upkeepEffectors,
} from "../containment/index.ts";
import type { Effector, EffectorLimits, EnforceOptions } from "../containment/index.ts";
import { TEMPLATE_NAMES } from "../kernel/index.ts";
import type { Clock, Config, EffectorSettings, Profile, ReadSecret } from "../kernel/index.ts";
import { confineEffector } from "../drills/index.ts";
import { requestNotifications } from "../notify/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { evidenceCollect } from "./evidence/collect-effector.ts";
import { houseEffectors } from "./house-effectors/index.ts";
import { neededHosts } from "./needed-hosts.ts";

export interface EffectorSurroundings {
  readonly database: Database;
  readonly clock: Clock;
  readonly config: Pick<Config, "databaseUrl" | "publicUrl" | "sandbox">;
  readonly profile: Profile;
  /** where the shipped profiles lie */
  readonly profilesDir: string;
  readonly readSecret: ReadSecret;
  readonly redactor: Redactor;
  readonly notifyAs: (actor: Actor) => NotifyContext;
  /** enforces a hold on every host */
  readonly enforce: (options: EnforceOptions & { readonly hold: Hold }) => Promise<StopResult[]>;
  /** keeps what a stop did and proved */
  readonly recordStop: (actor: Actor, stop: StopOfStep) => Promise<void>;
}

/** A stop that a playbook's step made. */
export interface StopOfStep {
  readonly stopId: StopId;
  readonly holdId: string;
  readonly requestedAtMs: number;
  readonly completedAtMs: number;
  readonly results: readonly StopResult[];
}

/** Everything that can act here, by name, within the limits of the profile. */
export function createEffectors(surroundings: EffectorSurroundings): ReadonlyMap<string, Effector> {
  const { clock, database, profile, readSecret, redactor } = surroundings;
  const settings = profile.effectors;
  const operators = () => listOperatorAddresses(database, clock.now());
  const needed = neededHosts({ ...surroundings, operators });
  const stops = agentEffectorsWith(surroundings.enforce).map((effector) => recordingStops(effector, surroundings));
  const local = [...localEffectors(settings, readSecret, redactor), ...hostEffectors(settings, { needed, readSecret })];
  const upkeep = upkeepEffectors({ settings, services: profile.services, readSecret, redactor });
  const own = [evidenceCollect(surroundings), notifySend(surroundings), ...houseEffectors(surroundings)];
  const all = [...stops, ...local, ...upkeep, ...own];
  const limits = limitsOf(settings);
  const { sandbox } = surroundings.config;
  const acting = sandbox === undefined ? all : all.map((effector) => confineEffector(effector, sandbox));
  return new Map(acting.map((effector) => [effector.name, guardEffector(effector, limits, clock)]));
}

function limitsOf({ blastRadius, rates }: EffectorSettings): EffectorLimits {
  const perMs = Object.entries(rates).map(
    ([name, { max, perMinutes }]) => [name, { max, perMs: perMinutes * 60_000 }] as const,
  );
  return { blastRadius, rates: Object.fromEntries(perMs) };
}

const stopOutput = z.object({ holdId: z.string(), results: z.array(stopResult) });

/** The effector, with every stop it makes put on record, proved or not. */
function recordingStops(effector: Effector, { recordStop }: EffectorSurroundings): Effector {
  return {
    ...effector,
    apply: async (ctx, parameters) => {
      const requestedAtMs = ctx.clock.now();
      const outcome = await effector.apply(ctx, parameters);
      const completedAtMs = ctx.clock.now();
      const stop = stopOutput.safeParse(outcome.output);
      if (stop.success) {
        const digest = createHash("sha256").update(`${ctx.runId}/${ctx.stepId}/stop`).digest();
        const stopId = formatId("stop", digest.readUIntBE(16, 6), digest);
        await recordStop(ctx.actor, { stopId, requestedAtMs, completedAtMs, ...stop.data });
      }
      return outcome;
    },
  };
}

function notifySend({ database, notifyAs }: EffectorSurroundings): Effector {
  return defineEffector({
    name: "notify.send",
    title: "Send a notification",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters: z.strictObject({ template: z.enum(TEMPLATE_NAMES) }),
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async (_ctx, { template }) => [`sends "${template}" to the channels of the profile`],
    apply: async (ctx, { template }) => {
      const { incidentId } = ctx;
      if (incidentId === null) return { ok: false, reason: "not_found", message: "this run belongs to no incident" };
      const ids = await inTransaction(database, (trx) =>
        requestNotifications(trx, notifyAs(ctx.actor), { incidentId, template, key: `${ctx.runId}/${ctx.stepId}` }),
      );
      return { ok: true, output: { deliveries: ids }, message: `${ids.length} notification(s) on their way` };
    },
    verify: async (_ctx, _parameters, output) => ({ ok: true, output, message: "They are in the outbox." }),
    undo: { stays: "What was sent stays sent." },
  });
}
