import type { Actor } from "@firebreak/protocol";
import type { Selectable, Transaction } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Schema, UsersTable } from "../storage/index.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import type { Caller } from "./caller.ts";
import type { AccessContext } from "./context.ts";
import { signInLinkRequest, signInRequest } from "./inputs.ts";
import type { SignInLinkRequest, SignInRequest } from "./inputs.ts";
import type { PasswordHasher } from "./passwords.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { openWebSession } from "./web-sessions.ts";
import type { NewWebSession } from "./web-sessions.ts";

/** How long a sign-in link works, from its making. */
export const SIGN_IN_LINK_MS = 15 * 60_000;

type User = Pick<Selectable<UsersTable>, "id" | "name" | "role">;

/** Nobody is known yet when somebody signs in: the verbs take no actor. */
type SignInContext = Omit<AccessContext, "actor"> & {
  readonly hasher: PasswordHasher;
  readonly attempts: AttemptLimit;
};

export interface SignedInPerson {
  readonly caller: Caller;
  readonly session: NewWebSession;
  readonly passwordNeeded: boolean;
}

function personOf(user: User): Actor {
  return { kind: "person", id: user.id, name: user.name };
}

/** @returns the caller that a web session stands for */
export function callerOfPerson(user: User, webSessionId: string): Caller {
  return { actor: personOf(user), access: user.role, agentId: null, sessionId: null, webSessionId };
}

/**
 * Signs a person in by name and password. Unknown names and disabled users take as long as wrong passwords.
 *
 * @throws FirebreakError `sign_in_failed`, or `too_many_requests`
 */
export async function signIn(
  ctx: SignInContext,
  request: SignInRequest & { readonly address: string },
): Promise<SignedInPerson> {
  const { address, ...rest } = request;
  const input = signInRequest.parse(rest);
  ctx.attempts.take(input.name, address);
  const user = await ctx.database.kysely
    .selectFrom("users")
    .selectAll()
    .where("name", "=", input.name)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  const right = await ctx.hasher.verify(input.password, user?.password_hash ?? null);
  if (user === undefined || !right) {
    ctx.logger.warn("a sign-in failed", { address });
    throw new FirebreakError("sign_in_failed", "The name or the password is not right.");
  }
  const signedIn = await ctx.database.kysely
    .transaction()
    .execute((trx) => welcome(trx, ctx, user, "sign_in.password"));
  ctx.attempts.succeed(input.name, address);
  return signedIn;
}

async function welcome(
  trx: Transaction<Schema>,
  ctx: SignInContext,
  user: Selectable<UsersTable>,
  action: string,
): Promise<SignedInPerson> {
  const session = await openWebSession(trx, ctx, user.id);
  const detail = { webSessionId: session.id };
  await recordAudit(trx, { at: ctx.clock.now(), actor: personOf(user), action, target: user.id, detail });
  return { caller: callerOfPerson(user, session.id), session, passwordNeeded: user.password_hash === null };
}

/** Ends the web session of the caller; a token has none and stays. */
export async function signOut(ctx: AccessContext, caller: Caller): Promise<void> {
  const { webSessionId } = caller;
  if (webSessionId === null) return;
  await ctx.database.kysely.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom("web_sessions").where("id", "=", webSessionId).executeTakeFirst();
    if (gone.numDeletedRows === 0n) return;
    const detail = { webSessionId };
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "sign_out",
      target: caller.actor.id,
      detail,
    });
  });
}

/**
 * Makes a one-time sign-in link for a user. The token is the whole secret: it goes behind the `#` of an address, which
 * browsers send to nobody.
 *
 * @throws FirebreakError `not_found` when there is no such active user
 */
export async function issueSignInLink(
  ctx: AccessContext,
  { name }: { readonly name: string },
): Promise<{ token: string; expiresAtMs: number }> {
  const token = newSecret();
  const nowMs = ctx.clock.now();
  const expiresAtMs = nowMs + SIGN_IN_LINK_MS;
  await ctx.database.kysely.transaction().execute(async (trx) => {
    const user = await trx
      .selectFrom("users")
      .select("id")
      .where("name", "=", name.toLowerCase())
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (user === undefined) throw new FirebreakError("not_found", `There is no active user ${name}.`);
    await trx.deleteFrom("sign_in_links").where("expires_at", "<", new Date(nowMs)).execute();
    const id = ctx.newId("signInLink");
    await trx
      .insertInto("sign_in_links")
      .values({
        id,
        secret_hash: hashSecret(token),
        user_id: user.id,
        created_at: toIso(nowMs),
        expires_at: toIso(expiresAtMs),
      })
      .execute();
    const detail = { linkId: id };
    await recordAudit(trx, { at: nowMs, actor: ctx.actor, action: "sign_in_link.issue", target: user.id, detail });
  });
  return { token, expiresAtMs };
}

/**
 * Signs a person in by a link's token, which works once.
 *
 * @throws FirebreakError `sign_in_failed`, or `too_many_requests`
 */
export async function signInByLink(
  ctx: SignInContext,
  request: SignInLinkRequest & { readonly address: string },
): Promise<SignedInPerson> {
  const { address, ...rest } = request;
  const input = signInLinkRequest.parse(rest);
  ctx.attempts.take(null, address);
  const signedIn = await ctx.database.kysely.transaction().execute(async (trx) => {
    const user = await useLink(trx, input.token, ctx.clock.now());
    return user === undefined ? null : welcome(trx, ctx, user, "sign_in.link");
  });
  if (signedIn === null) {
    ctx.logger.warn("a sign-in by link failed", { address });
    throw new FirebreakError(
      "sign_in_failed",
      "This link was used before or is older than 15 minutes. Ask for a new one: firebreak token link.",
    );
  }
  ctx.attempts.succeed(null, address);
  return signedIn;
}

/** One conditional update decides: of two who use the link at once, one gets in. */
async function useLink(trx: Transaction<Schema>, token: string, nowMs: number) {
  const link = await trx
    .updateTable("sign_in_links")
    .set({ used_at: toIso(nowMs) })
    .where("secret_hash", "=", hashSecret(token))
    .where("used_at", "is", null)
    .where("expires_at", ">", new Date(nowMs))
    .returning("user_id")
    .executeTakeFirst();
  if (link === undefined) return undefined;
  return trx
    .selectFrom("users")
    .selectAll()
    .where("id", "=", link.user_id)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
}
