/** Small real effectors for tests: each apply and undo appends a line to a file, so a test can count what happened. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TOUCHES_NOTHING, defineEffector } from "../../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";

const behaviours = [
  "ok",
  "failed",
  "denied",
  "unverified",
  "throws",
  "hangs",
  "late_ok",
  "fails_twice",
  "slow",
  "meets",
  "counts",
] as const;
const parameters = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]+$/),
  behaviour: z.enum(behaviours).default("ok"),
  /** with `meets`: who must have begun too before this one ends */
  meets: z.string().optional(),
  secret: z.string().optional(),
  verify: z.enum(["ok", "failed"]).default("ok"),
  undo: z.enum(["ok", "failed"]).default("ok"),
});
type Parameters = z.output<typeof parameters>;

/** @returns what the effectors have done in that directory: one line for each act, `apply NAME`, `undo NAME` … */
export function readActs(home: string): string[] {
  const file = join(home, "acts");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

export function countActs(home: string, act: string): number {
  return readActs(home).filter((line) => line === act).length;
}

function record(ctx: EffectorContext, act: string, { name }: Parameters): void {
  appendFileSync(join(ctx.home, "acts"), `${act} ${name}\n`);
}

async function behave(ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  record(ctx, "apply", given);
  const { name, behaviour } = given;
  switch (behaviour) {
    case "ok":
      return { ok: true, output: { name, made: `made-${name}` }, message: "done" };
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { ok: true, output: { name }, message: "done slowly" };
    case "meets":
      while (countActs(ctx.home, `apply ${given.meets}`) === 0) {
        if (ctx.signal.aborted) return { ok: false, reason: "failed", message: `${given.meets} never came` };
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return { ok: true, output: { name }, message: "met" };
    case "counts":
      return { ok: true, output: { name, count: countActs(ctx.home, `apply ${name}`) }, message: "counted" };
    case "throws":
      throw new Error("the effector broke");
    case "hangs":
      return new Promise(() => {});
    case "late_ok":
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
      return { ok: true, output: { name, partial: true }, message: "kept what was there" };
    case "fails_twice":
      if (countActs(ctx.home, `apply ${name}`) > 2) return { ok: true, output: { name }, message: "third time" };
      return { ok: false, reason: "failed", message: "not yet" };
    case "failed":
    case "denied":
    case "unverified":
      return { ok: false, reason: behaviour, message: `it was ${behaviour}` };
    default:
      return behaviour satisfies never;
  }
}

function fileEffector(
  name: string,
  facts: {
    readonly idempotent: boolean;
    readonly destroysEvidence: boolean;
    readonly onlyReads?: boolean;
    readonly stays?: string;
  },
): Effector {
  return defineEffector({
    name,
    title: name,
    expiry: "none",
    ...facts,
    parameters,
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async (_ctx, given) => [`would write ${given.name}`],
    apply: behave,
    verify: async (ctx, given) => {
      record(ctx, "verify", given);
      if (given.verify === "ok") return { ok: true, output: {}, message: "it holds" };
      return { ok: false, reason: "failed", message: "it does not hold" };
    },
    undo: facts.stays === undefined ? takeBack : { stays: facts.stays },
  });
}

async function takeBack(ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  record(ctx, "undo", given);
  if (given.undo === "ok") return { ok: true, output: {}, message: "taken back" };
  return { ok: false, reason: "failed", message: "it is stuck" };
}

export const fileEffectors: ReadonlyMap<string, Effector> = new Map(
  [
    fileEffector("file.write", { idempotent: true, destroysEvidence: false }),
    fileEffector("file.append", { idempotent: false, destroysEvidence: false }),
    fileEffector("file.destroy", { idempotent: true, destroysEvidence: true }),
    fileEffector("file.look", { idempotent: true, destroysEvidence: false, onlyReads: true }),
    fileEffector("file.send", { idempotent: true, destroysEvidence: false, stays: "What was sent stays sent." }),
    fileEffector("evidence.collect", { idempotent: true, destroysEvidence: false }),
  ].map((effector) => [effector.name, effector]),
);
