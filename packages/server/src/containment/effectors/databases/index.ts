import type { Effector } from "../../effector.ts";
import { checkPostgres } from "./check-postgres.ts";
import { checkRedis } from "./check-redis.ts";
import { setRedisMemory } from "./set-redis-memory.ts";

/** What asks and changes databases and caches by their own protocols. */
export const databaseEffectors: readonly Effector[] = [checkPostgres, checkRedis, setRedisMemory];

export { checkPostgres, checkRedis };
export { postgresName, postgresPlace, withPostgres } from "./postgres-place.ts";
export type { PostgresParameters } from "./postgres-place.ts";
export { countKeys, readInfo, redisName, redisPlace, withRedis } from "./redis-place.ts";
export type { RedisParameters } from "./redis-place.ts";
export { wordsOf } from "./unreachable.ts";
