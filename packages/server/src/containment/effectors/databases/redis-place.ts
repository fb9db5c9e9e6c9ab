import { z } from "zod";
import { openRedis } from "../../../kernel/index.ts";
import type { RedisConnection } from "../../../kernel/index.ts";
import type { Addressed } from "./server-address.ts";

/** A host's name or address, without anything that could mean more. */
export const hostName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9:][A-Za-z0-9._:-]*$/, "use a host's name or address");
export const portNumber = z.number().int().min(1).max(65_535);
/** Marked, so that nothing that keeps parameters takes it. */
export const passwordText = z.string().min(1).max(1024).meta({ writeOnly: true });

export const redisPlace = z.strictObject({
  host: hostName.default("127.0.0.1"),
  port: portNumber.default(6379),
  user: z.string().min(1).max(128).optional(),
  password: passwordText.optional(),
});
export type RedisServer = Addressed<z.output<typeof redisPlace>>;

export const REDIS_ASK_MS = 5_000;

export const redisName = ({ host, port }: Pick<RedisServer, "host" | "port">) => `Redis at ${host}:${port}`;

/** Connects and logs in. @throws AddressRefused; @throws as openRedis does */
export async function connectRedis(place: RedisServer, signal: AbortSignal): Promise<RedisConnection> {
  const { host, port, user, password, addressOf } = place;
  return openRedis({ host: await addressOf(host, port, signal), port, user, password }, signal);
}

/** Connects, asks, and closes, within the time. */
export async function withRedis<T>(
  place: RedisServer,
  signal: AbortSignal,
  use: (redis: RedisConnection) => Promise<T>,
  timeoutMs = REDIS_ASK_MS,
): Promise<T> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const redis = await connectRedis(place, limited);
  try {
    return await use(redis);
  } finally {
    redis.close();
  }
}

/** @returns the fields of `INFO` by their names */
export async function readInfo(redis: RedisConnection): Promise<ReadonlyMap<string, string>> {
  const text = await redis.ask("INFO");
  const lines = String(text).split("\r\n");
  return new Map(
    lines.flatMap((line) => {
      const at = line.indexOf(":");
      return line.startsWith("#") || at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

/** @returns how many keys all of its databases hold, by `INFO` */
export function countKeys(info: ReadonlyMap<string, string>): number {
  let keys = 0;
  for (const [name, value] of info) {
    if (/^db\d+$/.test(name)) keys += Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0);
  }
  return keys;
}
