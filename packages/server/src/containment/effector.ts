import type { Actor } from "@firebreak/protocol";
import type { z } from "zod";
import type { Clock, Logger, NewId } from "../kernel/index.ts";

/** What an effector may use. `signal` fires when the step's time box runs out: stop working and say what was done. */
export interface EffectorContext {
  readonly home: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly incidentId: string | null;
  readonly runId: string;
  readonly stepId: string;
  readonly signal: AbortSignal;
}

/** Why an effector did not do what was asked. */
export const EFFECTOR_REASONS = [
  "denied",
  "not_found",
  "unreachable",
  "unverified",
  "timed_out",
  "conflict",
  "unavailable",
  "failed",
] as const;
export type EffectorReason = (typeof EFFECTOR_REASONS)[number];

/** JSON-safe facts that later steps, verify and undo may use. */
export type EffectorOutput = Readonly<Record<string, unknown>>;

export type EffectorOutcome =
  | { readonly ok: true; readonly output: EffectorOutput; readonly message: string }
  | { readonly ok: false; readonly reason: EffectorReason; readonly message: string; readonly output?: EffectorOutput };

/** What would change, as sentences, without changing anything. */
export interface EffectorPreview {
  readonly changes: readonly string[];
}

/**
 * Something that acts on the world. `apply`, `verify` and `undo` must be callable from another process with what was
 * recorded, and `undo` must bear being called twice. `idempotent` says that applying twice does what applying once does.
 */
export interface Effector {
  readonly name: string;
  readonly title: string;
  readonly destroysEvidence: boolean;
  readonly idempotent: boolean;
  readonly parameters: z.ZodType;
  preview(ctx: EffectorContext, parameters: unknown): Promise<EffectorPreview>;
  apply(ctx: EffectorContext, parameters: unknown): Promise<EffectorOutcome>;
  verify(ctx: EffectorContext, parameters: unknown, output: EffectorOutput): Promise<EffectorOutcome>;
  undo(ctx: EffectorContext, parameters: unknown, output: EffectorOutput): Promise<EffectorOutcome>;
}

/** An effector as it is written: its verbs take what its parameter schema yields. */
export interface EffectorDefinition<S extends z.ZodType> {
  readonly name: string;
  readonly title: string;
  readonly destroysEvidence: boolean;
  readonly idempotent: boolean;
  readonly parameters: S;
  preview(ctx: EffectorContext, parameters: z.output<S>): Promise<EffectorPreview>;
  apply(ctx: EffectorContext, parameters: z.output<S>): Promise<EffectorOutcome>;
  verify(ctx: EffectorContext, parameters: z.output<S>, output: EffectorOutput): Promise<EffectorOutcome>;
  undo(ctx: EffectorContext, parameters: z.output<S>, output: EffectorOutput): Promise<EffectorOutcome>;
}

/** Makes an effector whose verbs check their parameters first. @throws ZodError for parameters that do not fit */
export function defineEffector<S extends z.ZodType>(definition: EffectorDefinition<S>): Effector {
  const { parameters } = definition;
  return {
    name: definition.name,
    title: definition.title,
    destroysEvidence: definition.destroysEvidence,
    idempotent: definition.idempotent,
    parameters,
    preview: async (ctx, given) => definition.preview(ctx, parameters.parse(given)),
    apply: async (ctx, given) => definition.apply(ctx, parameters.parse(given)),
    verify: async (ctx, given, output) => definition.verify(ctx, parameters.parse(given), output),
    undo: async (ctx, given, output) => definition.undo(ctx, parameters.parse(given), output),
  };
}
