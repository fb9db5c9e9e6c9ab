import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { codeOf, ensurePrivateDir, syncDir, writeFileAtomic } from "../kernel/index.ts";
import type { EffectorContext } from "./effector.ts";

type Owner = Pick<EffectorContext, "home" | "runId" | "stepId">;

/**
 * What an effector must know to undo what it did, as a file in the home that is written before it acts: how a thing was
 * before. It is there after a crash, for every process, and belongs to one step of one run (or one action).
 */
export function readEffectRecord<S extends z.ZodType>(ctx: Owner, schema: S): z.output<S> | null {
  let text: string;
  try {
    text = readFileSync(pathOf(ctx), "utf8");
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
  return schema.parse(JSON.parse(text));
}

/** @returns whether something was begun by this step and not taken back */
export function hasEffectRecord(ctx: Owner): boolean {
  return existsSync(pathOf(ctx));
}

/** Durable when it returns. @throws when the disk does not take it: then do not act */
export function writeEffectRecord(ctx: Owner, value: Readonly<Record<string, unknown>>): void {
  ensurePrivateDir(dirOf(ctx));
  writeFileAtomic(pathOf(ctx), JSON.stringify(value), { durable: true });
  syncDir(dirOf(ctx));
}

/** After the effect is undone; one that is gone already is fine. */
export function removeEffectRecord(ctx: Owner): void {
  rmSync(pathOf(ctx), { force: true });
}

function dirOf({ home }: Owner): string {
  return join(home, "effects");
}

function pathOf(ctx: Owner): string {
  const name = createHash("sha256").update(`${ctx.runId}/${ctx.stepId}`).digest("hex");
  return join(dirOf(ctx), `${name}.json`);
}
