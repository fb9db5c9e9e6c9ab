import { erasurePreviewRequest, erasureRequest } from "@firebreak/protocol";
import type {
  Actor,
  ErasurePreview,
  ErasurePreviewRequest,
  ErasureRequest,
  ErasureView,
  RedactionCategory,
} from "@firebreak/protocol";
import { sql } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import type { OriginalsContext } from "./context.ts";
import { toErasureView } from "./read-sealed.ts";

/** Whose originals, of which categories and days; what is named must all hold. */
export type ErasureScope = ErasureView["scope"];

/** @returns what forbids that these are erased, one sentence each: legal holds */
export type FindHolds = (scope: ErasureScope) => Promise<readonly string[]>;

export interface EraseContext extends OriginalsContext {
  readonly findHolds?: FindHolds;
}

const scopeOf = ({ agent, categories, since, before }: ErasurePreviewRequest): ErasureScope => ({
  ...(agent !== undefined && { agent }),
  ...(categories !== undefined && { categories }),
  ...(since !== undefined && { since }),
  ...(before !== undefined && { before }),
});

/** The living keys that a scope takes in. */
function whereLiving({ agent, categories, since, before }: ErasureScope) {
  const parts = [sql`wrapped is not null`];
  if (agent !== undefined) parts.push(sql`agent_id = ${agent}`);
  if (categories !== undefined) parts.push(sql`category = any(${categories}::text[])`);
  if (since !== undefined) parts.push(sql`day >= ${since}::date`);
  if (before !== undefined) parts.push(sql`day < ${before}::date`);
  return sql.join(parts, sql` and `);
}

/** What an erasure would take, and what forbids it. Changes nothing. */
export async function previewErasure(ctx: EraseContext, input: ErasurePreviewRequest): Promise<ErasurePreview> {
  const scope = scopeOf(erasurePreviewRequest.parse(input));
  const { rows } = await sql<{
    keys: string;
    agents: string;
    originals: string;
    categories: RedactionCategory[] | null;
    first: string | null;
    last: string | null;
  }>`
    with living as (select id, agent_id, category, day from original_keys where ${whereLiving(scope)})
    select count(*) as keys, count(distinct agent_id) as agents, array_agg(distinct category) as categories,
      min(day)::text as first, max(day)::text as last,
      (select count(*) from originals join living on living.id = key_id) as originals
    from living`.execute(ctx.database.kysely);
  const [found] = rows;
  return {
    keys: Number(found?.keys ?? 0),
    originals: Number(found?.originals ?? 0),
    agents: Number(found?.agents ?? 0),
    categories: found?.categories ?? [],
    firstDay: found?.first ?? null,
    lastDay: found?.last ?? null,
    heldBy: [...((await ctx.findHolds?.(scope)) ?? [])],
  };
}

/**
 * Destroys the keys of originals: what they encrypted can be read by nobody any more. Events and their leaves stay as they are.
 *
 * @throws FirebreakError conflict (a legal hold forbids it), not_found (there is nothing to erase)
 */
export async function eraseOriginals(ctx: EraseContext, input: ErasureRequest): Promise<ErasureView> {
  const { reason, ...request } = erasureRequest.parse(input);
  const scope = scopeOf(erasurePreviewRequest.parse(request));
  const holds = (await ctx.findHolds?.(scope)) ?? [];
  if (holds.length > 0) throw new FirebreakError("conflict", `Nothing was erased, it is held: ${holds.join("; ")}`);
  const erasure = await inTransaction(ctx.database, (trx) => eraseRevealable(trx, ctx, { scope, reason }));
  if (erasure === null)
    throw new FirebreakError("not_found", "There is nothing to erase: no original of these is kept.");
  ctx.originals.keys?.data.forget();
  return erasure;
}

interface EraseParts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/**
 * The same in the caller's transaction, for whoever deletes by a policy and has asked for holds already.
 *
 * @returns null when no key was living
 */
export async function eraseRevealable(
  trx: Trx,
  { clock, newId, actor }: EraseParts,
  { scope, reason }: { readonly scope: ErasureScope; readonly reason: string },
): Promise<ErasureView | null> {
  const now = clock.now();
  const row = { id: newId("erasure"), at: new Date(now), reason, keys: 0 };
  await trx
    .insertInto("erasures")
    .values({ ...row, actor: JSON.stringify(actor), scope: JSON.stringify(scope) })
    .execute();
  const { numAffectedRows = 0n } = await sql`
    update original_keys set wrapped = null, erasure_id = ${row.id} where ${whereLiving(scope)}`.execute(trx);
  const keys = Number(numAffectedRows);
  if (keys === 0) {
    await trx.deleteFrom("erasures").where("id", "=", row.id).execute();
    return null;
  }
  await trx.updateTable("erasures").set({ keys }).where("id", "=", row.id).execute();
  const detail = { scope, reason, keys };
  await recordAudit(trx, { at: now, actor, action: "original.erase", target: row.id, detail });
  return { ...row, at: toIso(now), by: actor, scope, keys };
}

/** Erasures, newest first. */
export async function listErasures(
  ctx: { readonly database: Pick<Database, "kysely"> },
  { after, limit = 50 }: { readonly after?: string | undefined; readonly limit?: number | undefined },
): Promise<{ items: ErasureView[]; next: string | null }> {
  let query = ctx.database.kysely.selectFrom("erasures").selectAll();
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(toErasureView);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

const DEAD_PER_PASS = 5_000;

/** Deletes ciphertext that no key opens any more: it is noise, and takes room. */
export async function dropErasedCiphertext(ctx: { readonly database: Pick<Database, "kysely"> }): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from originals where (event_id, event_time, category) in (
      select event_id, event_time, originals.category from original_keys join originals on key_id = id
      where erasure_id is not null limit ${DEAD_PER_PASS})`.execute(ctx.database.kysely);
  return Number(numAffectedRows);
}
