import type { Clock } from "../kernel/index.ts";
import type { BlastRadius, Effector, EffectorContext, RateLimit } from "./effector.ts";

/** How much one application of an effector may touch, and how often each may be applied; from the profile. */
export interface EffectorLimits {
  readonly blastRadius: Readonly<Record<keyof BlastRadius, number>>;
  /** by the effector's name; in place of its own */
  readonly rates: Readonly<Record<string, RateLimit>>;
}

/**
 * The effector, refusing what would touch more than the profile allows, and what comes faster than its rate. A refusal is
 * an outcome like any other (`denied`); preview names it beforehand. Verify and undo are never refused.
 */
export function guardEffector(effector: Effector, limits: EffectorLimits, clock: Clock): Effector {
  const rate = limits.rates[effector.name] ?? effector.rateLimit;
  const meter = rate === null ? null : createMeter(rate, clock);
  const obstaclesOf = (ctx: EffectorContext, radius: BlastRadius) => [
    ...overBlast(radius, limits),
    ...(meter === null || meter.allows(keyOf(ctx)) ? [] : [overRate(effector.name, meter.rate)]),
  ];
  return {
    ...effector,
    preview: async (ctx, parameters) => {
      const preview = await effector.preview(ctx, parameters);
      return { ...preview, obstacles: [...preview.obstacles, ...obstaclesOf(ctx, preview.blastRadius)] };
    },
    apply: async (ctx, parameters) => {
      // what cannot be asked cannot say what it would touch; the effector itself says what it lacks
      const isIncapable = (await effector.checkNeeds()).length > 0;
      // what was allowed before and vanished comes back, however often
      if (isIncapable || ctx.repeats === true) return effector.apply(ctx, parameters);
      const [obstacle] = obstaclesOf(ctx, await effector.blastRadius(ctx, parameters));
      if (obstacle !== undefined) return { ok: false, reason: "denied", message: obstacle };
      meter?.count(keyOf(ctx));
      return effector.apply(ctx, parameters);
    },
  };
}

const keyOf = ({ runId, stepId }: EffectorContext) => `${runId}/${stepId}`;

function overBlast(radius: BlastRadius, { blastRadius: most }: EffectorLimits): string[] {
  const kinds = ["agents", "hosts", "services", "addresses"] as const;
  return kinds
    .filter((kind) => radius[kind].length > most[kind])
    .map(
      (kind) =>
        `it would touch ${radius[kind].length} ${kind}, and the profile allows ${most[kind]} at once ` +
        `(effectors.blastRadius.${kind})`,
    );
}

function overRate(name: string, { max, perMs }: RateLimit): string {
  return (
    `${name} was applied ${max} times in the last ${Math.ceil(perMs / 60_000)} minute(s), which is as often as allowed ` +
    `(effectors.rates in the profile); wait, or see whether something runs away`
  );
}

function createMeter(rate: RateLimit, clock: Clock) {
  const applied = new Map<string, number>();
  const recent = () => {
    const since = clock.monotonicMs() - rate.perMs;
    for (const [key, at] of applied) if (at <= since) applied.delete(key);
    return applied;
  };
  return {
    rate,
    allows: (key: string) => recent().has(key) || applied.size < rate.max,
    count: (key: string) => {
      if (!applied.has(key)) applied.set(key, clock.monotonicMs());
    },
  };
}
