import { hostname } from "node:os";
import { z } from "zod";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { hasEffectRecord } from "../../effect-record.ts";
import { postgresPlace, redisPlace } from "../databases/index.ts";
import type { AddressOf } from "../databases/index.ts";
import { checkContent } from "./check-content.ts";
import { explained } from "./explain.ts";
import { findBackup } from "./find-backup.ts";
import { backupKey, backupPath } from "./parameters.ts";
import { folderRestorer } from "./restore-folder.ts";
import type { RestorePlan, Restorer } from "./restore-plan.ts";
import { postgresRestorer } from "./restore-postgres.ts";
import { redisRestorer } from "./restore-redis.ts";

const common = {
  /** a file, or a folder whose newest backup of that kind is taken */
  from: backupPath,
  /** `staging` takes nothing's place; `production` keeps what was there aside */
  mode: z.enum(["staging", "production"]),
  key: backupKey,
};
const parameters = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("folder"), to: backupPath, ...common }),
  z.strictObject({ kind: z.literal("postgres"), to: postgresPlace, ...common }),
  z.strictObject({ kind: z.literal("redis"), to: redisPlace, ...common }),
]);
type Parameters = z.output<typeof parameters>;

/** Restores a backup that was read to its end, beside what is there or in its place; undo puts back what was there. */
export function backupRestore(programs: string | undefined, addressOf: AddressOf): Effector {
  const restorerOf = (given: Parameters) => chooseRestorer(given, addressOf);
  return defineEffector({
    name: "backup.restore",
    title: "Restore a backup",
    destroysEvidence: true,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    blastRadius: async (_ctx, given) => ({
      ...TOUCHES_NOTHING,
      services: [restorerOf(given).what],
      hosts: [hostname()],
    }),
    preview: async (ctx, given) => {
      const outcome = await explained(() => preview(ctx, given, { programs, restorer: restorerOf(given) }));
      return [outcome.ok ? outcome.message : `nothing: ${outcome.message}`];
    },
    apply: (ctx, given) => explained(() => restore(ctx, given, { programs, restorer: restorerOf(given) })),
    verify: (ctx, given) => explained(() => restorerOf(given).verify(ctx)),
    undo: (ctx, given) => explained(() => restorerOf(given).undo(ctx)),
  });
}

function chooseRestorer(given: Parameters, addressOf: AddressOf): Restorer {
  switch (given.kind) {
    case "folder":
      return folderRestorer(given.to);
    case "postgres":
      return postgresRestorer({ ...given.to, addressOf });
    case "redis":
      return redisRestorer({ ...given.to, addressOf });
    default:
      return given satisfies never;
  }
}

/** Reads the backup to its end: what cannot be restored is not begun. */
async function plan(ctx: EffectorContext, given: Parameters, programs: string | undefined): Promise<RestorePlan> {
  const { kind, from, key, mode } = given;
  const { path, stat } = await findBackup(from, kind);
  const checked = await checkContent(kind, { file: path, key, programs, signal: ctx.signal });
  const madeAtMs = checked.createdAtMs ?? stat.mtimeMs;
  return { file: path, key, programs, isProduction: mode === "production", checked, madeAtMs };
}

interface Means {
  readonly programs: string | undefined;
  readonly restorer: Restorer;
}

async function preview(
  ctx: EffectorContext,
  given: Parameters,
  { programs, restorer }: Means,
): Promise<EffectorOutcome> {
  const { file, checked, madeAtMs } = await plan(ctx, given, programs);
  const refused = await restorer.refuse(ctx, given.mode === "production");
  if (refused !== null) return { ok: true, output: {}, message: `nothing: ${refused.message}` };
  const aside = given.mode === "production" ? "; what is there is kept aside" : "";
  const holds = checked.entries === null ? "" : `, ${checked.entries} entries`;
  const message = `restores ${file} (of ${new Date(madeAtMs).toISOString()}${holds}) to ${restorer.what}${aside}`;
  return { ok: true, output: {}, message };
}

async function restore(
  ctx: EffectorContext,
  given: Parameters,
  { programs, restorer }: Means,
): Promise<EffectorOutcome> {
  // one that was begun goes on, whatever it looks like there by now
  const refused = hasEffectRecord(ctx) ? null : await restorer.refuse(ctx, given.mode === "production");
  if (refused !== null) return { ok: false, ...refused };
  return restorer.restore(ctx, await plan(ctx, given, programs));
}
