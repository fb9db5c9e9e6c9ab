import { createHash } from "node:crypto";
import type { EffectorContext, EffectorOutcome } from "../../effector.ts";
import type { CheckedBackup } from "./check-content.ts";

/** What a restore is given once its backup was read to its end. */
export interface RestorePlan {
  readonly file: string;
  readonly key: string | undefined;
  /** the profile's `effectors.postgres.programs` */
  readonly programs: string | undefined;
  readonly isProduction: boolean;
  readonly checked: CheckedBackup;
  /** when the backup was made */
  readonly madeAtMs: number;
}

export interface Refusal {
  readonly reason: "denied" | "conflict";
  readonly message: string;
}

/** How one kind of thing is restored, seen and put back. What it must know to put back is in the effect's record. */
export interface Restorer {
  /** where to, for people */
  readonly what: string;
  /** @returns why it is refused, or null; changes nothing */
  refuse(ctx: EffectorContext, isProduction: boolean): Promise<Refusal | null>;
  restore(ctx: EffectorContext, plan: RestorePlan): Promise<EffectorOutcome>;
  verify(ctx: EffectorContext): Promise<EffectorOutcome>;
  undo(ctx: EffectorContext): Promise<EffectorOutcome>;
}

/** Of the names of what a step keeps aside. */
export function markOf({ runId, stepId }: EffectorContext): string {
  return createHash("sha256").update(`${runId}/${stepId}`).digest("hex").slice(0, 12);
}

const HOUR_MS = 3_600_000;

/** What is lost is what came after the backup: in time always, in files, keys or rows where it can be known. */
export function lossOf(ctx: EffectorContext, madeAtMs: number, more: Readonly<Record<string, number | null>>) {
  const hours = Math.max(0, Math.round(((ctx.clock.now() - madeAtMs) / HOUR_MS) * 100) / 100);
  return { since: new Date(madeAtMs).toISOString(), hours, ...more };
}
