import type { Effector } from "../../effector.ts";
import { checkPostgres } from "./check-postgres.ts";
import { checkRedis } from "./check-redis.ts";
import type { AddressOf } from "./server-address.ts";
import { setRedisMemory } from "./set-redis-memory.ts";

/** What asks and changes databases and caches by their own protocols. */
export function databaseEffectors(addressOf: AddressOf): readonly Effector[] {
  return [checkPostgres, checkRedis, setRedisMemory].map((make) => make(addressOf));
}

export { checkPostgres, checkRedis };
export { postgresName, postgresPlace, withPostgres } from "./postgres-place.ts";
export type { PostgresServer } from "./postgres-place.ts";
export { connectRedis, countKeys, readInfo, redisName, redisPlace, withRedis } from "./redis-place.ts";
export type { RedisServer } from "./redis-place.ts";
export { addressForClients, addressWithin, asWritten } from "./server-address.ts";
export type { AddressOf } from "./server-address.ts";
export { wordsOf } from "./unreachable.ts";
