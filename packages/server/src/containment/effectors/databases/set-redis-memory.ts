import { z } from "zod";
import { RedisRefusal } from "../../../kernel/index.ts";
import type { RedisConnection } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { AddressRefused } from "../probes/reachable-address.ts";
import { readInfo, redisName, redisPlace, withRedis } from "./redis-place.ts";
import type { AddressOf } from "./server-address.ts";
import { wordsOf } from "./unreachable.ts";

const POLICIES = [
  "noeviction",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
] as const;

const parameters = redisPlace.extend({
  /** 0: no limit */
  maxBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** what goes when the limit is reached */
  policy: z.enum(POLICIES),
});
type Parameters = z.output<typeof parameters>;

const SETTINGS = ["maxmemory-policy", "maxmemory"] as const;
type Settings = Readonly<Record<(typeof SETTINGS)[number], string>>;
const before = z.object({ "maxmemory-policy": z.string(), maxmemory: z.string() });

/** Sets how much memory Redis may use, and what it does at the limit, until it restarts; undo puts both back. */
export const setRedisMemory = (addressOf: AddressOf): Effector =>
  defineEffector({
    name: "redis.set_memory",
    title: "Limit the memory of a Redis server",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    blastRadius: async (_ctx, given) => ({ ...TOUCHES_NOTHING, services: [redisName(given)] }),
    preview: async (ctx, given) => {
      const outcome = await explained(given, () =>
        withRedis({ ...given, addressOf }, ctx.signal, async (redis) => {
          const refused = await findRefusal(redis, given);
          const now = await readSettings(redis);
          const message = refused ?? `${wordsFor(given)}, in place of ${wordsFor(settingsIn(now))}`;
          return { ok: true, output: {}, message: refused === null ? message : `nothing: ${message}` };
        }),
      );
      return [outcome.ok ? outcome.message : `nothing: ${outcome.message}`];
    },
    apply: (ctx, given) =>
      explained(given, () => withRedis({ ...given, addressOf }, ctx.signal, (redis) => limit(redis, ctx, given))),
    verify: (ctx, given) =>
      explained(given, () => withRedis({ ...given, addressOf }, ctx.signal, (redis) => look(redis, ctx, given))),
    undo: async (ctx, given) => {
      const was = readEffectRecord(ctx, before);
      if (was === null) return { ok: true, output: {}, message: "nothing is to be put back" };
      return explained(given, () =>
        withRedis({ ...given, addressOf }, ctx.signal, (redis) => putBack(redis, ctx, { given, was })),
      );
    },
  });

function settingsOf({ maxBytes, policy }: Parameters): Settings {
  return { maxmemory: String(maxBytes), "maxmemory-policy": policy };
}

const settingsIn = (now: Settings) => ({ maxBytes: Number(now.maxmemory), policy: now["maxmemory-policy"] });

function wordsFor({ maxBytes, policy }: { readonly maxBytes: number; readonly policy: string }): string {
  return `${maxBytes === 0 ? "no limit" : `at most ${maxBytes} bytes`} with ${policy}`;
}

async function readSettings(redis: RedisConnection): Promise<Settings> {
  const read = async (name: string) => {
    const answer = z.tuple([z.string(), z.string()]).safeParse(await redis.ask("CONFIG", "GET", name));
    if (!answer.success) throw new Error(`it does not say its ${name}`);
    return answer.data[1];
  };
  return { maxmemory: await read("maxmemory"), "maxmemory-policy": await read("maxmemory-policy") };
}

/** @returns why the limit is not set, or null: keys that were evicted are not brought back by undo */
async function findRefusal(redis: RedisConnection, { maxBytes }: Parameters): Promise<string | null> {
  const used = Number((await readInfo(redis)).get("used_memory") ?? 0);
  if (maxBytes === 0 || maxBytes >= used) return null;
  return `it uses ${used} bytes now: a limit of ${maxBytes} would evict keys, or refuse every write`;
}

async function limit(redis: RedisConnection, ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const refused = await findRefusal(redis, given);
  if (refused !== null) return { ok: false, reason: "conflict", message: refused };
  const now = await readSettings(redis);
  if (readEffectRecord(ctx, before) === null) writeEffectRecord(ctx, { ...now });
  const wanted = settingsOf(given);
  // the policy first: no key is evicted by the old one
  for (const name of SETTINGS) await redis.ask("CONFIG", "SET", name, wanted[name]);
  return look(redis, ctx, given);
}

async function look(redis: RedisConnection, ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const now = await readSettings(redis);
  const was = readEffectRecord(ctx, before);
  const wanted = settingsOf(given);
  const isSet = SETTINGS.every((name) => now[name] === wanted[name]);
  const message = `${redisName(given)} has ${wordsFor(settingsIn(now))}`;
  if (!isSet || was === null) return { ok: false, reason: "unverified", message };
  return { ok: true, output: { before: settingsIn(was) }, message: `${message}, until it restarts` };
}

/** What somebody else set meanwhile stays. */
async function putBack(
  redis: RedisConnection,
  ctx: EffectorContext,
  { given, was }: { readonly given: Parameters; readonly was: Settings },
): Promise<EffectorOutcome> {
  const [now, wanted] = [await readSettings(redis), settingsOf(given)];
  const kept: string[] = [];
  // the limit first: nothing is evicted by the policy of before
  for (const name of SETTINGS.toReversed()) {
    if (now[name] === wanted[name]) await redis.ask("CONFIG", "SET", name, was[name]);
    else if (now[name] !== was[name]) kept.push(`${name} stays ${now[name]}, which somebody set meanwhile`);
  }
  removeEffectRecord(ctx);
  const after = settingsIn(await readSettings(redis));
  return { ok: true, output: {}, message: [`${redisName(given)} has ${wordsFor(after)}`, ...kept].join("; ") };
}

async function explained(given: Parameters, act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
    const message = `${redisName(given)}: ${wordsOf(fault)}`;
    return { ok: false, reason: fault instanceof RedisRefusal ? "failed" : "unreachable", message };
  }
}
