import type { Service } from "./service.ts";

/** Every program that a drill can have running, by kind. */
export const SERVICES: ReadonlyMap<string, Service> = new Map<string, Service>();
