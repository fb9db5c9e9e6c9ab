import type { Actor } from "@firebreak/protocol";
import { signKeyChange } from "@firebreak/verifier";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Database } from "../../storage/index.ts";
import { recordAudit } from "../record-audit.ts";
import {
  dropKeyBefore,
  dropNextKey,
  hasNextKey,
  openNextKey,
  signersOf,
  takeNextKey,
  verifierKeyOf,
} from "./log-key.ts";
import type { LogKey } from "./log-key.ts";

export interface KeyContext {
  readonly database: Pick<Database, "kysely">;
  readonly home: string;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly logKey: LogKey;
}

/** What a change of the key left behind. */
export interface RotatedKey {
  readonly logKey: LogKey;
  readonly from: string;
  readonly to: string;
  /** the note of the change, for those who hold the old key */
  readonly change: string;
  /** until then both sign */
  readonly overlapUntil: string;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Makes a new key, has the old one hand over to it, and writes that into the log. From then on the new key signs, for some
 * days beside the old one. A crash in between leaves either the old key alone or, once the change is committed, a next start
 * that completes it ({@link settleRotation}).
 *
 * @throws FirebreakError conflict while an earlier change still overlaps; not_found before anything was logged
 */
export async function rotateKey(ctx: KeyContext, overlapDays: number): Promise<RotatedKey> {
  const { database, home, clock, actor, logKey } = ctx;
  const state = await database.kysely.selectFrom("log_state").select("origin").executeTakeFirst();
  if (state === undefined) throw new FirebreakError("not_found", "Nothing is in the log yet; ask again in a second.");
  if (logKey.before !== undefined) {
    const message =
      "The last change of the key is not over: the key before still signs. Wait for the end of its overlap.";
    throw new FirebreakError("conflict", message);
  }
  const next = openNextKey(home);
  const { origin } = state;
  const keys = { from: verifierKeyOf(logKey, origin), to: verifierKeyOf(next, origin) };
  const change = signKeyChange({ origin, ...keys }, [...signersOf(logKey, origin), ...signersOf(next, origin)]);
  const at = clock.now();
  const overlapUntil = toIso(at + overlapDays * DAY_MS);
  await inTransaction(database, async (trx) => {
    await trx
      .insertInto("log_keys")
      .values({ verifier_key: keys.to, at: toIso(at), change, overlap_until: overlapUntil })
      .execute();
    const detail = { ...keys, change, overlapUntil };
    await recordAudit(trx, { at, actor, action: "audit.rotate_key", target: origin, detail });
  });
  return { logKey: takeNextKey(home), ...keys, change, overlapUntil };
}

/** Completes a change of the key that a crash cut off after its commit, and forgets one that was never committed. */
export async function settleRotation(ctx: Pick<KeyContext, "database" | "home" | "logKey">): Promise<LogKey> {
  if (!hasNextKey(ctx.home)) return ctx.logKey;
  const { kysely } = ctx.database;
  const state = await kysely.selectFrom("log_state").select("origin").executeTakeFirst();
  const next = verifierKeyOf(openNextKey(ctx.home), state?.origin ?? "");
  const row = await kysely.selectFrom("log_keys").select("at").where("verifier_key", "=", next).executeTakeFirst();
  if (row !== undefined) return takeNextKey(ctx.home);
  dropNextKey(ctx.home);
  return ctx.logKey;
}

/** Ends the overlap when its time has come. @returns the key as it is from now on */
export async function endOverlap(ctx: KeyContext): Promise<LogKey> {
  const { database, home, clock, actor, logKey } = ctx;
  if (logKey.before === undefined) return logKey;
  const { before } = logKey;
  const state = await database.kysely.selectFrom("log_state").select("origin").executeTakeFirstOrThrow();
  const row = await database.kysely
    .selectFrom("log_keys")
    .select("overlap_until")
    .where("verifier_key", "=", verifierKeyOf(logKey, state.origin))
    .executeTakeFirst();
  if ((row?.overlap_until?.getTime() ?? 0) > clock.now()) return logKey;
  await inTransaction(database, (trx) =>
    recordAudit(trx, {
      at: clock.now(),
      actor,
      action: "audit.retire_key",
      target: state.origin,
      detail: { key: verifierKeyOf(before, state.origin) },
    }),
  );
  return dropKeyBefore(home);
}
