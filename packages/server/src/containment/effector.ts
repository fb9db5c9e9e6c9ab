import type { Actor } from "@firebreak/protocol";
import type { z } from "zod";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";

/** What an effector may use. `signal` fires when the step's time box runs out: stop working and say what was done. */
export interface EffectorContext {
  readonly home: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly incidentId: string | null;
  /** what the effect belongs to: a playbook's run or an action; with `stepId` the same in every process and attempt */
  readonly runId: string;
  readonly stepId: string;
  /** when the effect is to end, milliseconds since 1970; null: when somebody undoes it */
  readonly expiresAt: number | null;
  /** it was in effect before and is made so again: a failure keeps what is there */
  readonly repeats?: boolean;
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
  | {
      readonly ok: true;
      readonly output: EffectorOutput;
      readonly message: string;
      /** of an undo: there was nothing that it could take back */
      readonly stays?: true;
    }
  | {
      readonly ok: false;
      readonly reason: EffectorReason;
      readonly message: string;
      readonly output?: EffectorOutput;
      /** something of it may still be in effect: taking it back failed too */
      readonly remains?: boolean;
    };

/** What an effector touches, by name, computed from its parameters. What is not known by name is not in it. */
export interface BlastRadius {
  readonly agents: readonly string[];
  readonly hosts: readonly string[];
  /** containers, units, jobs, files and other things that run or are used by something that runs */
  readonly services: readonly string[];
  /** IP addresses and networks */
  readonly addresses: readonly string[];
}
export const TOUCHES_NOTHING: BlastRadius = { agents: [], hosts: [], services: [], addresses: [] };

/** Something that an effector needs and that is not there, and how to get it. Both are sentences without a full stop. */
export interface MissingNeed {
  readonly what: string;
  readonly remedy: string;
}

/** What would change, as sentences, without changing anything. */
export interface EffectorPreview {
  readonly changes: readonly string[];
  readonly blastRadius: BlastRadius;
  /** why it would be refused as things stand now; empty when it would be done */
  readonly obstacles: readonly string[];
}

/**
 * How an effect ends. `by_undo`: it stays until it is undone, by a person or when its time is over. `by_itself`: what
 * carries it ends it at `expiresAt`, also when Firebreak is gone. `none`: what was done cannot be taken back by time (a
 * message, an archive, a stop that only a person lifts).
 */
export type EffectorExpiry = "by_undo" | "by_itself" | "none";

/** At most `max` applications in any `perMs` milliseconds; a repeat of the same step counts once. */
export interface RateLimit {
  readonly max: number;
  readonly perMs: number;
}

/** For what destroys and says nothing else: more than this in ten minutes is a runaway, not a response. */
const DESTRUCTIVE_RATE: RateLimit = { max: 20, perMs: 600_000 };

interface EffectorFacts {
  readonly name: string;
  readonly title: string;
  readonly destroysEvidence: boolean;
  /** applying twice does what applying once does */
  readonly idempotent: boolean;
  readonly expiry: EffectorExpiry;
  /** it changes nothing, however often it is asked: what a check or a wait of a playbook may use; left out: false */
  readonly onlyReads?: boolean;
}

/** In place of an undo: why nothing of it is ever taken back, as a sentence. */
export interface Stays {
  readonly stays: string;
}

/**
 * Something that acts on the world. `apply`, `verify` and `undo` must be callable from another process with what was
 * recorded, and `undo` must bear being called twice, and with an empty output: after a crash there is none.
 */
export interface Effector extends EffectorFacts {
  readonly rateLimit: RateLimit | null;
  readonly parameters: z.ZodType;
  /** why its undo takes nothing back, as a sentence; left out: it does */
  readonly stays?: string;
  /** @returns what is missing for it to work here; checked when it is loaded and each time before it acts */
  checkNeeds(): Promise<readonly MissingNeed[]>;
  /** cheap: it is asked each time before the effector acts */
  blastRadius(ctx: EffectorContext, parameters: unknown): Promise<BlastRadius>;
  preview(ctx: EffectorContext, parameters: unknown): Promise<EffectorPreview>;
  apply(ctx: EffectorContext, parameters: unknown): Promise<EffectorOutcome>;
  verify(ctx: EffectorContext, parameters: unknown, output: EffectorOutput): Promise<EffectorOutcome>;
  undo(ctx: EffectorContext, parameters: unknown, output: EffectorOutput): Promise<EffectorOutcome>;
}

/** An effector as it is written: its verbs take what its parameter schema yields. */
export interface EffectorDefinition<S extends z.ZodType> extends EffectorFacts {
  readonly parameters: S;
  /** left out: needs nothing */
  checkNeeds?(): Promise<readonly MissingNeed[]>;
  /** left out: twenty in ten minutes for what destroys evidence, else none */
  readonly rateLimit?: RateLimit | null;
  blastRadius(ctx: EffectorContext, parameters: z.output<S>): Promise<BlastRadius>;
  /** @returns what would change, as sentences */
  preview(ctx: EffectorContext, parameters: z.output<S>): Promise<readonly string[]>;
  apply(ctx: EffectorContext, parameters: z.output<S>): Promise<EffectorOutcome>;
  verify(ctx: EffectorContext, parameters: z.output<S>, output: EffectorOutput): Promise<EffectorOutcome>;
  readonly undo:
    | ((ctx: EffectorContext, parameters: z.output<S>, output: EffectorOutput) => Promise<EffectorOutcome>)
    | Stays;
}

/**
 * Makes an effector whose verbs check their parameters and needs first, and whose `apply`, when it fails half-way, takes
 * back what it did (unless its expiry is `none`).
 *
 * @throws ZodError from the verbs, for parameters that do not fit
 */
export function defineEffector<S extends z.ZodType>(definition: EffectorDefinition<S>): Effector {
  const { parameters, name, title, destroysEvidence, idempotent, expiry, onlyReads = false, undo } = definition;
  const checkNeeds = () => definition.checkNeeds?.() ?? Promise.resolve([]);
  return {
    name,
    title,
    destroysEvidence,
    idempotent,
    expiry,
    onlyReads,
    rateLimit:
      definition.rateLimit === undefined && destroysEvidence ? DESTRUCTIVE_RATE : (definition.rateLimit ?? null),
    parameters,
    checkNeeds,
    blastRadius: async (ctx, given) => definition.blastRadius(ctx, parameters.parse(given)),
    preview: async (ctx, given) => {
      const parsed = parameters.parse(given);
      const obstacles = (await checkNeeds()).map(needText);
      if (obstacles.length > 0) return { changes: [], blastRadius: TOUCHES_NOTHING, obstacles };
      return {
        changes: await definition.preview(ctx, parsed),
        blastRadius: await definition.blastRadius(ctx, parsed),
        obstacles,
      };
    },
    apply: async (ctx, given) => {
      const parsed = parameters.parse(given);
      return onlyWithNeeds(checkNeeds, () => applyOrUnwind(definition, ctx, parsed));
    },
    verify: async (ctx, given, output) => {
      const parsed = parameters.parse(given);
      return onlyWithNeeds(checkNeeds, () => definition.verify(ctx, parsed, output));
    },
    ...("stays" in undo ? { stays: undo.stays } : {}),
    undo: async (ctx, given, output) => {
      const parsed = parameters.parse(given);
      if ("stays" in undo) return { ok: true, output, message: undo.stays, stays: true };
      return onlyWithNeeds(checkNeeds, () => undo(ctx, parsed, output));
    },
  };
}

export function needText({ what, remedy }: MissingNeed): string {
  return `${what}; ${remedy}`;
}

async function onlyWithNeeds(
  checkNeeds: () => Promise<readonly MissingNeed[]>,
  act: () => Promise<EffectorOutcome>,
): Promise<EffectorOutcome> {
  const missing = await checkNeeds();
  if (missing.length > 0) return { ok: false, reason: "unavailable", message: missing.map(needText).join(". ") };
  return act();
}

/** Taking back has its own time: the time box that made `apply` fail may have run out. */
const UNWIND_MS = 10_000;

async function applyOrUnwind<S extends z.ZodType>(
  definition: EffectorDefinition<S>,
  ctx: EffectorContext,
  parsed: z.output<S>,
): Promise<EffectorOutcome> {
  const { undo } = definition;
  if (definition.expiry === "none" || "stays" in undo) return definition.apply(ctx, parsed);
  const outcome = await withoutThrowing(() => definition.apply(ctx, parsed));
  if (outcome.ok || ctx.repeats === true) return outcome;
  const unwinding = { ...ctx, signal: AbortSignal.timeout(UNWIND_MS) };
  const undone = await withoutThrowing(() => undo(unwinding, parsed, outcome.output ?? {}));
  if (undone.ok) return { ...outcome, message: `${outcome.message}; what was done of it is taken back` };
  return { ...outcome, message: `${outcome.message}; NOT all of it is taken back: ${undone.message}`, remains: true };
}

async function withoutThrowing(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    return { ok: false, reason: "failed", message: messageOf(fault) };
  }
}
