import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HOLD_SCOPES, holdsOfSameStop, killswitchView, resumeReceipt } from "@firebreak/protocol";
import type { Hold, KillswitchView } from "@firebreak/protocol";
import { z } from "zod";
import { fillIn, fillInAll } from "../fill-in.ts";
import type { Facts } from "../fill-in.ts";
import type { DrillAnswer, DrillDeed } from "../format.ts";
import type { Persons, Sandbox } from "../sandbox/open-sandbox.ts";
import type { Child } from "../sandbox/processes.ts";

/** Who does it, and where. */
export interface DoerContext {
  readonly sandbox: Pick<Sandbox, "folder" | "start" | "startFirebreak">;
  readonly persons: Persons;
  readonly by: keyof Persons;
  readonly facts: Facts;
}

interface Deed {
  /** @returns what was done, in words */
  act(ctx: DoerContext, given: Readonly<Record<string, unknown>>): Promise<string>;
}

function deed<S extends z.ZodType>(
  parameters: S,
  act: (ctx: DoerContext, parameters: z.output<S>) => Promise<string>,
): Deed {
  return { act: (ctx, given) => act(ctx, parameters.parse(given)) };
}

/** Runs a program: only the kernel can hold back what that does. */
const RUN = "run";

/** @returns whether a person of the drill runs programs */
export function runsPrograms(answers: readonly Pick<DrillAnswer, "does">[]): boolean {
  return answers.some(({ does }) => does.some((one) => !Array.isArray(one) && one.kind === RUN));
}

/** What a person of the drill really does before saying that it is done. */
const DEEDS: Readonly<Record<string, Deed>> = {
  release: deed(
    z.strictObject({ scope: z.enum(HOLD_SCOPES), target: z.string().nullable().default(null) }),
    async ({ persons, by }, { scope, target }) => {
      const isMeant = (hold: Hold) => hold.scope === scope && hold.target === target;
      let view = await persons[by].get(killswitchView, "/killswitch");
      if (!view.holds.some(isMeant)) throw new Error(`there is no stop of ${target ?? scope} to release`);
      // holds of one automatic stop go together
      for (let hold = view.holds.find(isMeant); hold !== undefined; hold = view.holds.find(isMeant)) {
        await release({ persons, by }, hold, view);
        view = await persons[by].get(killswitchView, "/killswitch");
      }
      return `released the stop of ${target ?? scope}`;
    },
  ),
  move: deed(z.strictObject({ from: z.string(), to: z.string() }), async ({ sandbox }, { from, to }) => {
    renameSync(within(sandbox.folder, from), within(sandbox.folder, to));
    return `moved ${from} to ${to}`;
  }),
  [RUN]: deed(
    z.strictObject({ program: z.string().min(1), args: z.array(z.string()).max(30).default([]) }),
    async ({ sandbox }, { program, args }) => {
      const words: readonly [string, ...string[]] = [program, ...args];
      return untilDone(words.join(" "), sandbox.start(words));
    },
  ),
  write: deed(z.strictObject({ path: z.string(), text: z.string() }), async ({ sandbox }, given) => {
    writeFileSync(within(sandbox.folder, given.path), given.text);
    return `wrote ${given.path}`;
  }),
};

/** The kinds of deed that a drill's file may name. */
export const deedKinds: readonly string[] = Object.keys(DEEDS);

/** @throws Error when it could not be done; a person who fails does not say that it is done */
export async function doDeed(ctx: DoerContext, given: DrillDeed): Promise<string> {
  if (Array.isArray(given)) return giveCommand(ctx, given);
  const found = DEEDS[given.kind];
  if (found === undefined) throw new RangeError(`there is no deed ${given.kind}`);
  return found.act(ctx, fillInAll(given.with, ctx.facts));
}

async function giveCommand({ sandbox, facts }: DoerContext, given: readonly string[]): Promise<string> {
  const words = given.map((word) => String(fillIn(word, facts)));
  return untilDone(`firebreak ${words.join(" ")}`, sandbox.startFirebreak(words));
}

async function untilDone(what: string, child: Child): Promise<string> {
  const code = await child.ended;
  if (code !== 0) throw new Error(`${what} ended with ${String(code)}: ${child.tail()}`);
  return `ran ${what}`;
}

/** @throws Error when it is still in force */
async function release({ persons, by }: Pick<DoerContext, "persons" | "by">, hold: Hold, view: KillswitchView) {
  const ids = holdsOfSameStop(hold, view.holds).map(({ id }) => id);
  const needs = view.resumes.find(({ holdId }) => ids.includes(holdId));
  const other: keyof Persons = by === "first" ? "second" : "first";
  for (const name of needs?.persons === 2 ? [by, other] : [by]) {
    const body = { reason: "released in the drill", checked: needs?.checklist ?? [] };
    const { releasedAt } = await persons[name].post(resumeReceipt, `/killswitch/holds/${hold.id}/resume`, body);
    if (releasedAt !== null) return;
  }
  throw new Error(`the stop ${hold.id} is in force although it was released`);
}

function within(folder: string, file: string): string {
  const resolved = path.resolve(folder, file);
  if (resolved.startsWith(`${folder}/`)) return resolved;
  throw new RangeError(`${file} is not in the sandbox`);
}
