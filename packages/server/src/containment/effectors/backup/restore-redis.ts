import { constants, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ensurePrivateDir } from "../../../kernel/index.ts";
import type { RedisConnection } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { EffectorContext, EffectorOutcome } from "../../effector.ts";
import { countKeys, readInfo, redisName, withRedis } from "../databases/index.ts";
import type { RedisServer } from "../databases/index.ts";
import { serveDump } from "./serve-redis-dump.ts";
import { BackupFault, openBackup } from "./open-backup.ts";
import { checkRedisDump } from "./redis-dump.ts";
import { lossOf, markOf } from "./restore-plan.ts";
import type { Refusal, RestorePlan, Restorer } from "./restore-plan.ts";
import { readDumpOf } from "./sources.ts";

const record = z.object({
  /** its data before, in the home */
  aside: z.string(),
  /** of the dumps that it writes */
  version: z.number(),
  keysBefore: z.number(),
  /** the server was told to take other data */
  isBegun: z.boolean(),
  /** once it was restored */
  keys: z.number().nullable(),
});

const LOAD_MS = 280_000;

/** A running Redis server is given the backup as a replica is given the data of its master; it needs no restart and no files. */
export function redisRestorer(place: RedisServer): Restorer {
  const what = redisName(place);
  return {
    what,
    refuse: (ctx, isProduction) =>
      withRedis(place, ctx.signal, async (redis) => {
        const info = await readInfo(redis);
        if (info.get("role") !== "master") return conflict(`${what} is a replica: restore its master`);
        if (info.get("cluster_enabled") === "1")
          return conflict(`${what} is in a cluster, which is not restored this way`);
        const keys = countKeys(info);
        return isProduction || keys === 0
          ? null
          : conflict(`${what} holds ${keys} keys: staging needs an empty server`);
      }),
    restore: (ctx, plan) => restore(ctx, plan, place),
    verify: async (ctx) => {
      const known = readEffectRecord(ctx, record);
      if (known?.keys == null) return { ok: false, reason: "unverified", message: "nothing was restored by this step" };
      return withRedis(place, ctx.signal, async (redis) => judge(what, await readInfo(redis)));
    },
    undo: (ctx) => undo(ctx, place),
  };
}

function conflict(message: string): Refusal {
  return { reason: "conflict", message };
}

function judge(what: string, info: ReadonlyMap<string, string>): EffectorOutcome {
  const isWell = info.get("role") === "master" && info.get("loading") === "0";
  const message = `${what} is ${info.get("role")} and holds ${countKeys(info)} keys`;
  return isWell ? { ok: true, output: {}, message } : { ok: false, reason: "unverified", message };
}

const asideOf = (ctx: EffectorContext) => join(ctx.home, "effects", `redis-before-${markOf(ctx)}.rdb`);

async function restore(ctx: EffectorContext, plan: RestorePlan, place: RedisServer): Promise<EffectorOutcome> {
  const what = redisName(place);
  const known = readEffectRecord(ctx, record) ?? (await keepAside(ctx, place));
  // what was written since it was restored is not thrown away by a repeat
  if (known.keys !== null) return withRedis(place, ctx.signal, async (redis) => judge(what, await readInfo(redis)));
  // a server that cannot read a dump has thrown its own data away by the time it sees that
  if ((plan.checked.version ?? 0) > known.version) {
    const versions = `${known.version}, and the backup's is ${plan.checked.version}`;
    throw new BackupFault(
      `${what} writes dumps of version ${versions}: it is older than the server that was backed up`,
    );
  }
  writeEffectRecord(ctx, { ...known, isBegun: true });
  const backup = await openBackup(plan.file, plan.key, ctx.signal);
  let keys: number;
  try {
    keys = await load(ctx, place, backup.bytes);
  } finally {
    await backup.bytes.return(undefined);
    await backup.close();
  }
  writeEffectRecord(ctx, { ...known, isBegun: true, keys });
  const lost = lossOf(ctx, plan.madeAtMs, { keys: Math.max(0, known.keysBefore - keys) });
  const output = { restored: what, entries: keys, lost, aside: known.aside };
  return { ok: true, output, message: `${what} holds ${keys} keys of the backup` };
}

/** Keeps what the server holds in the home, before anything changes. */
async function keepAside(ctx: EffectorContext, place: RedisServer): Promise<z.output<typeof record>> {
  const keysBefore = await withRedis(place, ctx.signal, async (redis) => countKeys(await readInfo(redis)));
  const aside = asideOf(ctx);
  ensurePrivateDir(join(ctx.home, "effects"));
  const handle = await open(
    aside,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    for await (const piece of readDumpOf(place, ctx.signal)) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const { version } = await checkRedisDump(piecesOf(aside));
  const known = { aside, version, keysBefore, isBegun: false, keys: null };
  writeEffectRecord(ctx, known);
  return known;
}

async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file, "r");
  try {
    for await (const piece of handle.createReadStream({ autoClose: false })) yield Buffer.from(piece);
  } finally {
    await handle.close();
  }
}

async function load(ctx: EffectorContext, place: RedisServer, dump: AsyncIterable<Buffer>): Promise<number> {
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(LOAD_MS)]);
  return withRedis(
    place,
    signal,
    async (redis) => {
      const spool = asideOf(ctx).replace("-before-", "-loading-");
      try {
        await spoolTo(spool, dump);
        await loadFrom(redis, spool, { host: isLoopback(place.host) ? place.host : redis.localAddress(), signal });
      } finally {
        rmSync(spool, { force: true });
        await redis.ask("REPLICAOF", "NO", "ONE");
      }
      return countKeys(await readInfo(redis));
    },
    LOAD_MS,
  );
}

/** The server must be told its length before it gets it. */
async function spoolTo(file: string, dump: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    for await (const piece of dump) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}

const isLoopback = (host: string) => host === "127.0.0.1" || host === "::1" || host === "localhost";

async function loadFrom(
  redis: RedisConnection,
  file: string,
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
): Promise<void> {
  const server = await serveDump(file, host === "localhost" ? "127.0.0.1" : host);
  try {
    await redis.ask("REPLICAOF", server.host, String(server.port));
    await server.untilSent(signal);
    for (;;) {
      const info = await readInfo(redis);
      if (info.get("master_link_status") === "up" && info.get("loading") === "0") return;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await server.close();
  }
}

async function undo(ctx: EffectorContext, place: RedisServer): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record);
  if (known === null) return { ok: true, output: {}, message: "nothing is to be put back" };
  const keys = known.isBegun ? await load(ctx, place, piecesOf(known.aside)) : null;
  rmSync(known.aside, { force: true });
  removeEffectRecord(ctx);
  const what = redisName(place);
  if (keys === null) return { ok: true, output: {}, message: `${what} was not changed` };
  const message = `${what} holds the ${keys} keys of before; what was written since then is gone`;
  return { ok: true, output: {}, message };
}
