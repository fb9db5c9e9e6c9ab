import type { Transaction } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";
import type { AccessContext } from "./context.ts";
import { hashSecret, newSecret } from "./secrets.ts";

const HOUR_MS = 60 * 60_000;

/** A web session ends after this time without use … */
export const WEB_SESSION_IDLE_MS = 12 * HOUR_MS;
/** … and after this time in any case. */
export const WEB_SESSION_ABSOLUTE_MS = 7 * 24 * HOUR_MS;
/** More browsers than this at once and the oldest are signed out. */
const WEB_SESSIONS_PER_USER_MAX = 20;

/** A new session: `cookie` is the secret and is stored nowhere. */
export interface NewWebSession {
  readonly id: string;
  readonly cookie: string;
  readonly expiresAtMs: number;
}

/** Opens a web session and sweeps the user's ended ones. */
export async function openWebSession(
  trx: Transaction<Schema>,
  ctx: Pick<AccessContext, "clock" | "newId">,
  userId: string,
): Promise<NewWebSession> {
  const nowMs = ctx.clock.now();
  const session = { id: ctx.newId("webSession"), cookie: newSecret(), expiresAtMs: nowMs + WEB_SESSION_ABSOLUTE_MS };
  await trx
    .insertInto("web_sessions")
    .values({
      id: session.id,
      secret_hash: hashSecret(session.cookie),
      user_id: userId,
      created_at: toIso(nowMs),
      last_seen_at: toIso(nowMs),
      expires_at: toIso(session.expiresAtMs),
    })
    .execute();
  await sweepWebSessions(trx, userId, nowMs);
  return session;
}

async function sweepWebSessions(trx: Transaction<Schema>, userId: string, nowMs: number): Promise<void> {
  const kept = trx
    .selectFrom("web_sessions")
    .select("id")
    .where("user_id", "=", userId)
    .where("expires_at", ">", new Date(nowMs))
    .where("last_seen_at", ">", new Date(nowMs - WEB_SESSION_IDLE_MS))
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(WEB_SESSIONS_PER_USER_MAX);
  await trx.deleteFrom("web_sessions").where("user_id", "=", userId).where("id", "not in", kept).execute();
}

/** Signs a user out everywhere, except where he is at work now. */
export async function closeWebSessions(
  trx: Transaction<Schema>,
  userId: string,
  exceptId: string | null,
): Promise<void> {
  const all = trx.deleteFrom("web_sessions").where("user_id", "=", userId);
  await (exceptId === null ? all : all.where("id", "<>", exceptId)).execute();
}
