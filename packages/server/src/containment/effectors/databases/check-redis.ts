import { RedisRefusal } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { AddressRefused } from "../probes/reachable-address.ts";
import { countKeys, readInfo, redisName, redisPlace, withRedis } from "./redis-place.ts";
import type { RedisServer } from "./redis-place.ts";
import type { AddressOf } from "./server-address.ts";
import { isNoAnswer, wordsOf } from "./unreachable.ts";

const DOWN = { up: false, loading: false, usedBytes: null, maxBytes: null, lastSaveOk: null, keys: null };
const LOGIN_REFUSED = new Set(["WRONGPASS", "NOAUTH", "NOPERM"]);

/** Whether Redis answers PING, and what it says of itself. */
export const checkRedis = (addressOf: AddressOf): Effector =>
  defineProbe({
    name: "check.redis",
    title: "Ask a Redis server how it is",
    parameters: redisPlace,
    describe: (place) => `asks ${redisName(place)}`,
    ask: async (ctx, place) => {
      const asked = await askRedis(ctx, { ...place, addressOf });
      if (!asked.ok) return asked;
      const { up, reason } = asked.output;
      const what = redisName(place);
      return { ...asked, message: up === true ? `${what} answers` : `${what} does not answer well: ${String(reason)}` };
    },
  });

async function askRedis(ctx: EffectorContext, place: RedisServer): Promise<EffectorOutcome> {
  try {
    return await withRedis(place, ctx.signal, async (redis) => {
      const pong = await redis.ask("PING").catch(loadingOrThrow);
      const facts = factsOf(await readInfo(redis));
      return answer({ ...facts, up: pong === "PONG", reason: pong === "PONG" ? reasonOf(facts) : String(pong) });
    });
  } catch (fault) {
    if (fault instanceof RedisRefusal && LOGIN_REFUSED.has(fault.code)) {
      const message = `${redisName(place)} answers, but wants another password: ${fault.code}; give user and password`;
      return { ok: false, reason: "unavailable", message };
    }
    if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
    if (isNoAnswer(fault)) {
      return { ok: false, reason: "unreachable", message: `${redisName(place)} cannot be asked: ${wordsOf(fault)}` };
    }
    return answer({ ...DOWN, reason: wordsOf(fault) });
  }
}

function answer(output: EffectorOutput): EffectorOutcome {
  return { ok: true, output, message: "" };
}

/** While it reads its data it answers every question but this one. */
function loadingOrThrow(fault: unknown): string {
  if (fault instanceof RedisRefusal && !LOGIN_REFUSED.has(fault.code)) return fault.message;
  throw fault;
}

interface Facts {
  readonly loading: boolean;
  readonly usedBytes: number;
  readonly maxBytes: number;
  readonly lastSaveOk: boolean;
  readonly keys: number;
}

function factsOf(info: ReadonlyMap<string, string>): Facts {
  const isOk = (name: string) => (info.get(name) ?? "ok") === "ok";
  return {
    loading: info.get("loading") === "1",
    usedBytes: Number(info.get("used_memory") ?? 0),
    maxBytes: Number(info.get("maxmemory") ?? 0),
    lastSaveOk: isOk("rdb_last_bgsave_status") && isOk("aof_last_write_status") && isOk("aof_last_bgrewrite_status"),
    keys: countKeys(info),
  };
}

function reasonOf({ lastSaveOk }: Facts): string | null {
  return lastSaveOk ? null : "its last save to the disk failed";
}
