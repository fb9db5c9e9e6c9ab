import type { z } from "zod";
import type { Facts } from "../fill-in.ts";
import type { SandboxApi } from "../sandbox/api.ts";
import type { Isolation } from "../sandbox/isolate.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";

/** What a fault may use. */
export interface FaultContext {
  readonly sandbox: Sandbox;
  readonly api: SandboxApi;
  /** of the sandbox and of its services */
  readonly facts: Facts;
  /** the demo's agent that goes rogue */
  readonly rogueAgent: string;
}

/** What was really done, in words, and what a drill's values may name as `fault.NAME`. */
export interface Caused {
  readonly what: string;
  readonly facts: Facts;
}

/** A program or a right that a fault or service needs and does not find here. */
export interface Missing {
  readonly what: string;
  readonly remedy: string;
}

/**
 * Something that really goes wrong. What it starts goes through the sandbox, which ends it; anything else it undoes in a
 * cleaner that it leaves with `sandbox.onClose` before it begins.
 */
export interface Fault {
  readonly kind: string;
  /** what happens, with its parameters, and what it needs: for the document of drills */
  readonly about: string;
  /** @returns what is missing for it; empty when it can be caused here */
  findMissing(isolation: Isolation): readonly Missing[];
  cause(ctx: FaultContext, parameters: Readonly<Record<string, unknown>>): Promise<Caused>;
}

/** As a fault is written: with what its parameters are. */
export interface FaultDefinition<S extends z.ZodType> {
  readonly kind: string;
  readonly about: string;
  readonly parameters: S;
  findMissing?(isolation: Isolation): readonly Missing[];
  readonly cause: (ctx: FaultContext, parameters: z.output<S>) => Promise<Caused>;
}

export function defineFault<S extends z.ZodType>(definition: FaultDefinition<S>): Fault {
  const { kind, about, parameters, cause } = definition;
  return {
    kind,
    about,
    findMissing: (isolation) => definition.findMissing?.(isolation) ?? [],
    cause: (ctx, given) => cause(ctx, parameters.parse(given)),
  };
}
