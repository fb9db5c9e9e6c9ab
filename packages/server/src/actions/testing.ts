import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor } from "@firebreak/protocol";
import { z } from "zod";
import { TOUCHES_NOTHING, defineEffector } from "../containment/index.ts";
import type { Effector, EffectorOutcome } from "../containment/index.ts";
import { createManualClock, createNewId, silentLogger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { ActionContext } from "./context.ts";

export const START_MS = Date.parse("2026-03-01T12:00:00Z");
export const ada: Actor = { kind: "person", id: "usr_ada", name: "ada" };

/** Thrown by a fault: the process is gone, as after kill -9. */
export class Died extends Error {}

export interface ActionHarness {
  readonly ctx: ActionContext;
  readonly clock: ReturnType<typeof createManualClock>;
  /** the next process of the same home: it remembers nothing */
  restarted(): ActionContext;
  /** whether the file that the test's effector makes is there */
  isSet(name: string): boolean;
  /** takes it away, as somebody else would */
  remove(name: string): void;
  /** from now on each verb named fails */
  breakVerbs(...verbs: readonly Verb[]): void;
  /** verbs called so far, in order */
  readonly calls: string[];
  close(): void;
}

type Verb = "apply" | "verify" | "undo";

/** Actions over a small real effector that makes a file, and one of a kind that must not run twice. */
export function createActionHarness(database: Database): ActionHarness {
  const home = mkdtempSync(join(tmpdir(), "fb-actions-"));
  const clock = createManualClock(START_MS);
  const broken = new Set<Verb>();
  const calls: string[] = [];
  const pathOf = (name: string) => join(home, name);
  const variants = [
    { name: "test.file", idempotent: true, expiry: "by_undo" },
    { name: "test.once", idempotent: false, expiry: "by_undo" },
    { name: "test.message", idempotent: true, expiry: "none" },
    { name: "test.destroy", idempotent: true, expiry: "by_undo", destroysEvidence: true },
  ] as const;
  const effectors = variants.map((facts) => fileEffector(facts, { pathOf, broken, calls }));
  const make = (): ActionContext => ({
    database,
    clock,
    newId: createNewId(() => clock.now()),
    logger: silentLogger,
    actor: ada,
    home,
    effectors: new Map(effectors.map((one) => [one.name, one])),
    actionsUnderWay: new Set(),
  });
  return {
    ctx: make(),
    clock,
    restarted: make,
    isSet: (name) => existsSync(pathOf(name)),
    remove: (name) => rmSync(pathOf(name)),
    breakVerbs: (...verbs) => {
      broken.clear();
      for (const verb of verbs) broken.add(verb);
    },
    calls,
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

interface Surroundings {
  readonly pathOf: (name: string) => string;
  readonly broken: ReadonlySet<Verb>;
  readonly calls: string[];
}

function fileEffector(
  facts: Pick<Effector, "name" | "idempotent" | "expiry"> & { readonly destroysEvidence?: boolean },
  { pathOf, broken, calls }: Surroundings,
): Effector {
  const call = (verb: Verb, act: () => EffectorOutcome): EffectorOutcome => {
    calls.push(verb);
    return broken.has(verb) ? { ok: false, reason: "unreachable", message: `${verb} does not work` } : act();
  };
  const fine = (message: string): EffectorOutcome => ({ ok: true, output: {}, message });
  return defineEffector({
    title: facts.name,
    destroysEvidence: false,
    ...facts,
    parameters: z.strictObject({ file: z.string().regex(/^[a-z]+$/) }),
    blastRadius: async (_ctx, { file }) => ({ ...TOUCHES_NOTHING, services: [file] }),
    preview: async (_ctx, { file }) => [`makes ${file}`],
    apply: async (_ctx, { file }) =>
      call("apply", () => {
        writeFileSync(pathOf(file), "");
        return fine("made");
      }),
    verify: async (_ctx, { file }) =>
      call("verify", () =>
        existsSync(pathOf(file)) ? fine("there") : { ok: false, reason: "unverified", message: "not there" },
      ),
    undo: async (_ctx, { file }) =>
      call("undo", () => {
        rmSync(pathOf(file), { force: true });
        return fine("removed");
      }),
  });
}
