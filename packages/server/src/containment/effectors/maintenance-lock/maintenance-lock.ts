import { accessSync, constants, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { EffectorSettings } from "../../../kernel/index.ts";
import { ensurePrivateDir, messageOf, toIso } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome, MissingNeed } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { createLock, readLock, removeLock } from "./lock-file.ts";
import type { LockContent } from "./lock-file.ts";

const parameters = z.strictObject({
  /** a name such as `deploys` for a file in the home's `locks`, or the path of a file in one of the profile's directories */
  lock: z
    .string()
    .max(4096)
    .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,127}|\/.*)$/, "use a name such as deploys, or an absolute path"),
  reason: z.string().trim().min(1).max(1000).default("locked by Firebreak"),
});
type Parameters = z.output<typeof parameters>;

/**
 * A lock file that deploys, cron jobs and agents look for before they begin: it says who locked, why and until when. It is
 * made only where nothing lies, and only its owner's is removed.
 */
export function maintenanceLock({ directories }: EffectorSettings["maintenanceLocks"]): Effector {
  const placeOf = (ctx: EffectorContext, { lock }: Parameters) => findPlace(ctx.home, directories, lock);
  return defineEffector({
    name: "maintenance.lock",
    title: "Set a lock file that services honour",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    checkNeeds: async () => directories.flatMap(missingDirectory),
    blastRadius: async (ctx, given) => {
      const place = placeOf(ctx, given);
      return { ...TOUCHES_NOTHING, services: [place.ok ? place.path : given.lock] };
    },
    preview: async (ctx, given) => {
      const place = placeOf(ctx, given);
      if (!place.ok) return [`nothing: ${place.message}`];
      const found = readLock(place.path);
      if (found.kind === "absent") return [`makes ${place.path}: whoever honours it does not begin`];
      return [`nothing: ${found.kind === "lock" ? `${place.path} is there, by ${found.lock.by}` : found.message}`];
    },
    apply: async (ctx, given) => {
      const place = placeOf(ctx, given);
      if (!place.ok) return { ok: false, reason: "denied", message: place.message };
      if (place.isOwn) ensurePrivateDir(dirname(place.path));
      const created = createLock(place.path, contentOf(ctx, given));
      return created
        ? { ok: true, output: { path: place.path }, message: `${place.path} is set` }
        : judge(ctx, place.path);
    },
    verify: async (ctx, given) => {
      const place = placeOf(ctx, given);
      return place.ok ? judge(ctx, place.path) : { ok: false, reason: "denied", message: place.message };
    },
    undo: async (ctx, given, output): Promise<EffectorOutcome> => {
      // also in a directory that the profile no longer names: what is removed is ours
      const path = pathOf(ctx.home, given.lock);
      const found = readLock(path);
      const isOurs = found.kind === "lock" && found.lock.owner === ownerOf(ctx);
      if (isOurs) removeLock(path);
      const message = isOurs ? `${path} is removed` : `${path} holds no lock of this action`;
      return { ok: true, output, message };
    },
  });
}

const ownerOf = ({ runId, stepId }: EffectorContext) => `${runId}/${stepId}`;

function contentOf(ctx: EffectorContext, { reason }: Parameters): LockContent {
  const { actor, clock, expiresAt } = ctx;
  const until = expiresAt === null ? null : toIso(expiresAt);
  return { owner: ownerOf(ctx), by: `${actor.kind} ${actor.name}`, reason, since: toIso(clock.now()), until };
}

function judge(ctx: EffectorContext, path: string): EffectorOutcome {
  const found = readLock(path);
  switch (found.kind) {
    case "absent":
      return { ok: false, reason: "unverified", message: `${path} is not there` };
    case "foreign":
      return { ok: false, reason: "conflict", message: found.message };
    case "lock": {
      const { owner, by, reason } = found.lock;
      if (owner === ownerOf(ctx)) return { ok: true, output: { path }, message: `${path} is set` };
      return { ok: false, reason: "conflict", message: `${path} is a lock of ${by} (${reason})` };
    }
    default:
      return found satisfies never;
  }
}

type Place =
  | { readonly ok: true; readonly path: string; readonly isOwn: boolean }
  | { readonly ok: false; readonly message: string };

function pathOf(home: string, lock: string): string {
  return lock.startsWith("/") ? resolve(lock) : join(home, "locks", `${lock}.lock`);
}

function findPlace(home: string, directories: readonly string[], lock: string): Place {
  const path = pathOf(home, lock);
  const isOwn = !lock.startsWith("/");
  if (isOwn || directories.some((directory) => dirname(path) === resolve(directory))) return { ok: true, path, isOwn };
  const message =
    `${path} does not lie in a directory that the profile allows; name its directory under ` +
    "effectors.maintenanceLocks.directories";
  return { ok: false, message };
}

function missingDirectory(directory: string): MissingNeed[] {
  try {
    if (!statSync(directory).isDirectory()) return [{ what: `${directory} is no directory`, remedy: REMEDY }];
    accessSync(directory, constants.W_OK);
    return [];
  } catch (fault) {
    return [{ what: `no lock can be made in ${directory} (${messageOf(fault)})`, remedy: REMEDY }];
  }
}
const REMEDY = "make the directory, writable for Firebreak's user, or take it out of effectors.maintenanceLocks";
