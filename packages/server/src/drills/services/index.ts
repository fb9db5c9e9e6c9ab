import { gateway } from "./gateway.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import type { Service } from "./service.ts";
import { upstream } from "./upstream.ts";
import { web } from "./web.ts";

const ALL: readonly Service[] = [gateway, postgres, redis, upstream, web];

/** Every program that a drill can have running, by kind. */
export const SERVICES: ReadonlyMap<string, Service> = new Map(ALL.map((service) => [service.kind, service]));
