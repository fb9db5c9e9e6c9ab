import type { Role, TokenView, newTokenView } from "@firebreak/protocol";
import { ID_PREFIXES } from "@firebreak/protocol";
import type { Selectable, Transaction } from "kysely";
import type { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { ApiTokensTable, Schema } from "../storage/index.ts";
import type { Authenticator } from "./caller.ts";
import type { AccessContext } from "./context.ts";
import { newTokenRequest } from "./inputs.ts";
import type { NewTokenRequest } from "./inputs.ts";
import { SECRET_PATTERN, hashSecret, newSecret } from "./secrets.ts";

export type NewTokenView = z.infer<typeof newTokenView>;

const DAY_MS = 24 * 60 * 60_000;
/** A session's token is revoked when the session ends; this bounds the life of one that was lost. */
const SESSION_TOKEN_DAYS = 30;
const TOKENS_PER_PAGE_MAX = 500;

const TOKEN = new RegExp(`^fbk_(${ID_PREFIXES.apiToken}_[0-9A-Z]{26})_(${SECRET_PATTERN})$`);

export function formatToken(id: string, secret: string): string {
  return `fbk_${id}_${secret}`;
}

/** @returns the parts of a token as we make them, or null */
export function parseToken(text: string): { id: string; secret: string } | null {
  const match = TOKEN.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { id: match[1], secret: match[2] };
}

type TokenRow = Omit<Selectable<ApiTokensTable>, "secret_hash" | "last_address">;

const VIEW_COLUMNS = [
  "id",
  "name",
  "access",
  "agent_id",
  "session_id",
  "created_by",
  "created_at",
  "expires_at",
  "revoked_at",
  "last_used_at",
] as const;

function viewToken(row: TokenRow): TokenView {
  return {
    id: row.id,
    name: row.name,
    access: row.access,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

interface TokenScope {
  readonly name: string;
  readonly access: Role | "agent";
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly expiresInDays: number | null;
}

async function insertToken(trx: Transaction<Schema>, ctx: AccessContext, scope: TokenScope): Promise<NewTokenView> {
  const secret = newSecret();
  const nowMs = ctx.clock.now();
  const row = await trx
    .insertInto("api_tokens")
    .values({
      id: ctx.newId("apiToken"),
      name: scope.name,
      secret_hash: hashSecret(secret),
      access: scope.access,
      agent_id: scope.agentId,
      session_id: scope.sessionId,
      created_by: JSON.stringify(ctx.actor),
      created_at: toIso(nowMs),
      expires_at: scope.expiresInDays === null ? null : toIso(nowMs + scope.expiresInDays * DAY_MS),
    })
    .returning(VIEW_COLUMNS)
    .executeTakeFirstOrThrow();
  const detail = { ...scope };
  await recordAudit(trx, { at: nowMs, actor: ctx.actor, action: "token.create", target: row.id, detail });
  return { ...viewToken(row), token: formatToken(row.id, secret) };
}

/** Makes a token; its text is in the answer and nowhere else. */
export async function createToken(ctx: AccessContext, request: NewTokenRequest): Promise<NewTokenView> {
  const input = newTokenRequest.parse(request);
  const scope = {
    name: input.name,
    access: input.access,
    agentId: input.agentId ?? null,
    sessionId: null,
    expiresInDays: input.expiresInDays ?? null,
  };
  return ctx.database.kysely.transaction().execute((trx) => insertToken(trx, ctx, scope));
}

/**
 * Makes the token a supervisor gets for its session, in the transaction that registers the session. Tokens that the
 * same session had before are revoked: there is one at a time.
 */
export async function createSessionToken(
  trx: Transaction<Schema>,
  ctx: AccessContext & { readonly authenticator: Authenticator },
  session: { readonly sessionId: string; readonly agentId: string },
): Promise<string> {
  await revokeSessionTokens(trx, ctx, session.sessionId);
  const scope = {
    name: `session ${session.sessionId}`,
    access: "agent",
    ...session,
    expiresInDays: SESSION_TOKEN_DAYS,
  } as const;
  return (await insertToken(trx, ctx, scope)).token;
}

/** Revokes what a session that has ended could still speak with. A repeat changes nothing. */
export async function revokeSessionTokens(
  trx: Transaction<Schema>,
  ctx: AccessContext & { readonly authenticator: Authenticator },
  sessionId: string,
): Promise<void> {
  const rows = await trx
    .updateTable("api_tokens")
    .set({ revoked_at: toIso(ctx.clock.now()) })
    .where("session_id", "=", sessionId)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  for (const { id } of rows) await auditRevocation(trx, ctx, id);
}

async function auditRevocation(
  trx: Transaction<Schema>,
  ctx: AccessContext & { readonly authenticator: Authenticator },
  id: string,
): Promise<void> {
  ctx.authenticator.forgetToken(id);
  await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action: "token.revoke", target: id, detail: {} });
}

/**
 * Revokes a token: at once on this node, within the five seconds of the cache on others. A repeat changes nothing.
 *
 * @throws FirebreakError `not_found`
 */
export async function revokeToken(
  ctx: AccessContext & { readonly authenticator: Authenticator },
  { id }: { readonly id: string },
): Promise<TokenView> {
  const view = await ctx.database.kysely.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("api_tokens")
      .set({ revoked_at: toIso(ctx.clock.now()) })
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (changed !== undefined) await auditRevocation(trx, ctx, id);
    const row = await trx.selectFrom("api_tokens").select(VIEW_COLUMNS).where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no token ${id}.`);
    return viewToken(row);
  });
  ctx.authenticator.forgetToken(id);
  return view;
}

/** @returns tokens, newest first, without secrets; `next` goes back as `after` */
export async function listTokens(
  ctx: Pick<AccessContext, "database">,
  query: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: TokenView[]; next: string | null }> {
  const limit = Math.min(query.limit, TOKENS_PER_PAGE_MAX);
  const all = ctx.database.kysely.selectFrom("api_tokens").select(VIEW_COLUMNS).orderBy("id", "desc");
  const rows = await (query.after === undefined ? all : all.where("id", "<", query.after)).limit(limit + 1).execute();
  const items = rows.slice(0, limit).map(viewToken);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
