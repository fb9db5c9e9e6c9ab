import type { userView } from "@firebreak/protocol";
import type { Selectable, Transaction } from "kysely";
import type { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Schema, UsersTable } from "../storage/index.ts";
import type { Caller } from "./caller.ts";
import type { AccessContext } from "./context.ts";
import { newUserRequest, passwordRequest } from "./inputs.ts";
import type { NewUserRequest, PasswordRequest } from "./inputs.ts";
import type { PasswordHasher } from "./passwords.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import { closeWebSessions } from "./web-sessions.ts";

export type UserView = z.infer<typeof userView>;

/** The administrator that the first start makes. */
export const OWNER_NAME = "owner";

const USERS_MAX = 1000;

type WithHasher = AccessContext & { readonly hasher: PasswordHasher };

export function viewUser(row: Omit<Selectable<UsersTable>, "password_hash">): UserView {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    disabledAt: row.disabled_at?.toISOString() ?? null,
  };
}

/** @returns all users by name; there are at most {@link USERS_MAX} */
export async function listUsers(ctx: Pick<AccessContext, "database">): Promise<UserView[]> {
  const rows = await ctx.database.kysely
    .selectFrom("users")
    .select(["id", "name", "role", "created_at", "disabled_at"])
    .orderBy("name")
    .limit(USERS_MAX)
    .execute();
  return rows.map(viewUser);
}

/** @throws FirebreakError `conflict` when the name is taken or there are too many users */
export async function createUser(ctx: WithHasher, request: NewUserRequest): Promise<UserView> {
  const input = newUserRequest.parse(request);
  const passwordHash = await ctx.hasher.hash(input.password);
  return ctx.database.kysely.transaction().execute(async (trx) => {
    await refuseTooManyUsers(trx);
    const row = await insertUser(trx, ctx, { name: input.name, role: input.role, passwordHash });
    if (row === undefined)
      throw new FirebreakError("conflict", `There is a user ${input.name} already. Choose another name.`);
    await audit(trx, ctx, "user.create", row.id, { name: row.name, role: row.role });
    return viewUser(row);
  });
}

async function refuseTooManyUsers(trx: Transaction<Schema>): Promise<void> {
  const { total } = await trx
    .selectFrom("users")
    .select((expression) => expression.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  if (Number(total) >= USERS_MAX)
    throw new FirebreakError("conflict", `There are ${USERS_MAX} users, which is the limit.`);
}

/** @returns undefined when the name is taken */
function insertUser(
  trx: Transaction<Schema>,
  ctx: AccessContext,
  user: { name: string; role: UsersTable["role"]; passwordHash: string | null },
) {
  return trx
    .insertInto("users")
    .values({
      id: ctx.newId("user"),
      name: user.name,
      password_hash: user.passwordHash,
      role: user.role,
      created_at: toIso(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Makes the owner, an administrator without a password, when there is none; a repeat changes nothing. */
export async function ensureOwner(ctx: AccessContext): Promise<{ user: UserView; passwordNeeded: boolean }> {
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const made = await insertUser(trx, ctx, { name: OWNER_NAME, role: "admin", passwordHash: null });
    if (made !== undefined) await audit(trx, ctx, "user.create", made.id, { name: made.name, role: made.role });
    const owner = await trx.selectFrom("users").selectAll().where("name", "=", OWNER_NAME).executeTakeFirstOrThrow();
    return { user: viewUser(owner), passwordNeeded: owner.password_hash === null };
  });
}

/** @returns whether that person has yet to set a password; false for tokens */
export async function isPasswordNeeded(ctx: Pick<AccessContext, "database">, caller: Caller): Promise<boolean> {
  if (caller.actor.kind !== "person") return false;
  const row = await ctx.database.kysely
    .selectFrom("users")
    .select("password_hash")
    .where("id", "=", caller.actor.id)
    .executeTakeFirst();
  return row?.password_hash === null;
}

/**
 * Sets the caller's own password and signs him out of other browsers.
 *
 * @throws FirebreakError `forbidden` for tokens, `invalid_body` when the current password is missing or wrong,
 *   `too_many_requests` after too many wrong ones
 */
export async function setPassword(
  ctx: WithHasher & { readonly attempts: AttemptLimit },
  request: PasswordRequest & { readonly caller: Caller; readonly address: string },
): Promise<void> {
  const { caller, address, ...rest } = request;
  const input = passwordRequest.parse(rest);
  const user = await findPerson(ctx, caller);
  if (user.password_hash !== null) await checkCurrent(ctx, user, input.currentPassword, address);
  const hash = await ctx.hasher.hash(input.password);
  await ctx.database.kysely.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("users")
      .set({ password_hash: hash })
      .where("id", "=", user.id)
      // the password that was checked must still be the one that is replaced
      .where("password_hash", "is not distinct from", user.password_hash)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) {
      throw new FirebreakError("conflict", "The password was changed elsewhere at the same moment. Try again.");
    }
    await closeWebSessions(trx, user.id, caller.webSessionId);
    await audit(trx, ctx, "user.set_password", user.id, {});
  });
}

async function findPerson(ctx: AccessContext, caller: Caller) {
  const user =
    caller.actor.kind === "person"
      ? await ctx.database.kysely.selectFrom("users").selectAll().where("id", "=", caller.actor.id).executeTakeFirst()
      : undefined;
  if (user !== undefined) return user;
  throw new FirebreakError("forbidden", "Only a person who is signed in has a password; a token has none.");
}

async function checkCurrent(
  ctx: WithHasher & { readonly attempts: AttemptLimit },
  user: Selectable<UsersTable>,
  current: string | undefined,
  address: string,
): Promise<void> {
  const where = "/currentPassword";
  if (current === undefined) {
    throw new FirebreakError("invalid_body", "Give the current password too.", {
      errors: [{ where, message: "missing; give the current password" }],
    });
  }
  ctx.attempts.take(user.name, address);
  if (!(await ctx.hasher.verify(current, user.password_hash))) {
    throw new FirebreakError("invalid_body", "The current password is not right.", {
      errors: [{ where, message: "is not right" }],
    });
  }
  ctx.attempts.succeed(user.name, address);
}

/**
 * Takes a user's password away and signs him out everywhere: he comes back with a sign-in link and sets a new one.
 *
 * @throws FirebreakError `not_found`
 */
export async function resetPassword(ctx: AccessContext, { name }: { readonly name: string }): Promise<UserView> {
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("users")
      .set({ password_hash: null })
      .where("name", "=", name.toLowerCase())
      .where("disabled_at", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no active user ${name}.`);
    await closeWebSessions(trx, row.id, null);
    await audit(trx, ctx, "user.reset_password", row.id, { name: row.name });
    return viewUser(row);
  });
}

/**
 * Ends a user's access at once. A repeat changes nothing.
 *
 * @throws FirebreakError `not_found`; `conflict` when nobody could administer any more
 */
export async function disableUser(ctx: AccessContext, { id }: { readonly id: string }): Promise<UserView> {
  return ctx.database.kysely.transaction().execute(async (trx) => {
    // locks every administrator, so that two cannot disable each other
    const admins = await trx
      .selectFrom("users")
      .select("id")
      .where("role", "=", "admin")
      .where("disabled_at", "is", null)
      .orderBy("id")
      .forUpdate()
      .execute();
    if (admins.length === 1 && admins[0]?.id === id) {
      throw new FirebreakError("conflict", "This is the last administrator. Make another one first.");
    }
    const changed = await trx
      .updateTable("users")
      .set({ disabled_at: toIso(ctx.clock.now()) })
      .where("id", "=", id)
      .where("disabled_at", "is", null)
      .returning(["id", "name"])
      .executeTakeFirst();
    if (changed !== undefined) {
      await closeWebSessions(trx, id, null);
      await audit(trx, ctx, "user.disable", id, { name: changed.name });
    }
    const row = await trx.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no user ${id}.`);
    return viewUser(row);
  });
}

function audit(
  trx: Transaction<Schema>,
  ctx: AccessContext,
  action: string,
  target: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action, target, detail });
}
