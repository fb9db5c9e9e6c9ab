import type { z } from "zod";
import type { Facts } from "../fill-in.ts";
import type { Missing } from "../faults/fault.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";

/** What a drill's values may name as `NAME.fact`, and what Firebreak is told of the service in its profile. */
export interface PreparedService {
  readonly facts: Facts;
  /** of `services` in the profile, without the name */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** A real program that runs before anything goes wrong. The sandbox's own Firebreak starts it, by its name. */
export interface Service {
  readonly kind: string;
  /** what it is, with its parameters, and what it needs: for the document of drills */
  readonly about: string;
  /** names of the facts that a drill may use */
  readonly facts: readonly string[];
  findMissing(): readonly Missing[];
  prepare(sandbox: Sandbox, name: string, parameters: Readonly<Record<string, unknown>>): Promise<PreparedService>;
}

export interface ServiceDefinition<S extends z.ZodType> {
  readonly kind: string;
  readonly about: string;
  readonly facts: readonly string[];
  readonly parameters: S;
  findMissing?(): readonly Missing[];
  readonly prepare: (sandbox: Sandbox, name: string, parameters: z.output<S>) => Promise<PreparedService>;
}

export function defineService<S extends z.ZodType>(definition: ServiceDefinition<S>): Service {
  const { kind, about, facts, parameters, prepare } = definition;
  return {
    kind,
    about,
    facts,
    findMissing: () => definition.findMissing?.() ?? [],
    prepare: (sandbox, name, given) => prepare(sandbox, name, parameters.parse(given)),
  };
}
