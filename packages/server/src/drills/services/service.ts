import type { z } from "zod";
import type { Facts } from "../fill-in.ts";
import type { Missing } from "../faults/fault.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";

/** A real program that runs before anything goes wrong. `facts` are named `NAME.fact` in a drill's values. */
export interface Service {
  readonly kind: string;
  findMissing(): readonly Missing[];
  start(sandbox: Sandbox, name: string, parameters: Readonly<Record<string, unknown>>): Promise<Facts>;
}

export interface ServiceDefinition<S extends z.ZodType> {
  readonly kind: string;
  readonly parameters: S;
  findMissing?(): readonly Missing[];
  start(sandbox: Sandbox, name: string, parameters: z.output<S>): Promise<Facts>;
}

export function defineService<S extends z.ZodType>(definition: ServiceDefinition<S>): Service {
  const { kind, parameters, start } = definition;
  return {
    kind,
    findMissing: () => definition.findMissing?.() ?? [],
    start: (sandbox, name, given) => start(sandbox, name, parameters.parse(given)),
  };
}
