import { redis } from "./redis.ts";
import type { Service } from "./service.ts";
import { upstream } from "./upstream.ts";
import { web } from "./web.ts";

/** Every program that a drill can have running, by kind. */
export const SERVICES: ReadonlyMap<string, Service> = new Map(
  [redis, upstream, web].map((service) => [service.kind, service]),
);
