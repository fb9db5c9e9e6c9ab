import type { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome, MissingNeed } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";

interface ProbeDefinition<S extends z.ZodType> {
  readonly name: string;
  readonly title: string;
  readonly parameters: S;
  /** left out: needs nothing */
  checkNeeds?(): Promise<readonly MissingNeed[]>;
  /** @returns what would be read, as a sentence without a full stop */
  readonly describe: (parameters: z.output<S>) => string;
  /** succeeds when the question could be asked, whatever the answer */
  readonly ask: (ctx: EffectorContext, parameters: z.output<S>) => Promise<EffectorOutcome>;
}

/**
 * An effector that only reads: it answers a question about the world, and a step's `expect` judges the answer. Asked
 * again it reads again, verifying it asks again, and there is nothing to undo.
 */
export function defineProbe<S extends z.ZodType>({ describe, ask, ...facts }: ProbeDefinition<S>): Effector {
  return defineEffector({
    ...facts,
    onlyReads: true,
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async (_ctx, parameters) => [describe(parameters)],
    apply: ask,
    verify: ask,
    undo: { stays: "It only read." },
  });
}
