import type { NewSavedViewRequest, SavedView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { codeOf, FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, toStoredText } from "../storage/index.ts";
import type { SavedViewsTable, Trx } from "../storage/index.ts";
import { searchEvents } from "../telemetry/index.ts";
import type { ExplorerContext } from "./context.ts";
import { toQueryForm } from "./query-form.ts";

/** Of one person; who has more looks for none of them. */
const OWN_MAX = 200;
const LISTED_MAX = 500;
const UNIQUE_VIOLATION = "23505";

/** @returns the caller's own views and those that others share, by name */
export async function listSavedViews(ctx: Omit<ExplorerContext, "newId">): Promise<SavedView[]> {
  const rows = await ctx.database.kysely
    .selectFrom("saved_views")
    .selectAll()
    .where((where) => where.or([where("owner_id", "=", ctx.actor.id), where("shared", "=", true)]))
    .orderBy("name")
    .orderBy("id")
    .limit(LISTED_MAX)
    .execute();
  return rows.map((row) => toView(row, ctx));
}

/**
 * @throws FirebreakError conflict when the caller has a view of that name, or somebody shares one; bad_request for filters
 *   that cannot be read
 */
export async function createSavedView(ctx: ExplorerContext, request: NewSavedViewRequest): Promise<SavedView> {
  await searchEvents(ctx, { ...request.filters, limit: 1 });
  const now = toIso(ctx.clock.now());
  return namingOnce(request.name, () =>
    inTransaction(ctx.database, async (trx) => {
      await refuseTooMany(trx, ctx.actor.id);
      const row = await trx
        .insertInto("saved_views")
        .values({
          id: ctx.newId("savedView"),
          name: toStoredText(request.name),
          owner_id: ctx.actor.id,
          owner: JSON.stringify(ctx.actor),
          shared: request.shared,
          filters: JSON.stringify(toQueryForm(request.filters)),
          created_at: now,
          updated_at: now,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await leaveTrace(trx, ctx, "view.create", row);
      return toView(row, ctx);
    }),
  );
}

/** @throws FirebreakError not_found; forbidden for a view of somebody else; conflict for a name that is taken */
export async function changeSavedView(
  ctx: ExplorerContext,
  { id, ...request }: NewSavedViewRequest & { readonly id: string },
): Promise<SavedView> {
  await searchEvents(ctx, { ...request.filters, limit: 1 });
  return namingOnce(request.name, () =>
    inTransaction(ctx.database, async (trx) => {
      await requireOwn(trx, ctx, id);
      const row = await trx
        .updateTable("saved_views")
        .set({
          name: toStoredText(request.name),
          shared: request.shared,
          filters: JSON.stringify(toQueryForm(request.filters)),
          updated_at: toIso(ctx.clock.now()),
        })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      await leaveTrace(trx, ctx, "view.change", row);
      return toView(row, ctx);
    }),
  );
}

/**
 * @param mayRemoveOthers whether the caller may remove what others share
 * @throws FirebreakError not_found; forbidden for a view of somebody else
 */
export async function removeSavedView(
  ctx: ExplorerContext,
  { id, mayRemoveOthers }: { readonly id: string; readonly mayRemoveOthers: boolean },
): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const row = await (mayRemoveOthers ? findVisible(trx, ctx, id) : requireOwn(trx, ctx, id));
    await trx.deleteFrom("saved_views").where("id", "=", id).execute();
    await leaveTrace(trx, ctx, "view.remove", row);
  });
}

/** A view that somebody else keeps to himself is not there. */
async function findVisible(trx: Trx, { actor }: ExplorerContext, id: string): Promise<Selectable<SavedViewsTable>> {
  const row = await trx.selectFrom("saved_views").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row !== undefined && (row.shared || row.owner_id === actor.id)) return row;
  throw new FirebreakError("not_found", `There is no saved view ${id}.`);
}

async function requireOwn(trx: Trx, ctx: ExplorerContext, id: string): Promise<Selectable<SavedViewsTable>> {
  const row = await findVisible(trx, ctx, id);
  if (row.owner_id === ctx.actor.id) return row;
  throw new FirebreakError("forbidden", `${row.owner.name} shares this view; save one of your own under another name.`);
}

async function refuseTooMany(trx: Trx, ownerId: string): Promise<void> {
  const { count } = await trx
    .selectFrom("saved_views")
    .select((select) => select.fn.countAll<string>().as("count"))
    .where("owner_id", "=", ownerId)
    .executeTakeFirstOrThrow();
  if (Number(count) < OWN_MAX) return;
  throw new FirebreakError("conflict", `You have ${OWN_MAX} saved views; remove one first.`);
}

async function namingOnce(name: string, act: () => Promise<SavedView>): Promise<SavedView> {
  try {
    return await act();
  } catch (fault) {
    if (codeOf(fault) !== UNIQUE_VIOLATION) throw fault;
    throw new FirebreakError(
      "conflict",
      `There is a view called ${name} already: yours, or one that somebody shares.`,
      {
        cause: fault,
      },
    );
  }
}

async function leaveTrace(trx: Trx, ctx: ExplorerContext, action: string, row: Selectable<SavedViewsTable>) {
  const detail = { name: row.name, shared: row.shared, filters: row.filters };
  await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action, target: row.id, detail });
}

function toView(row: Selectable<SavedViewsTable>, { actor }: Pick<ExplorerContext, "actor">): SavedView {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    own: row.owner_id === actor.id,
    shared: row.shared,
    filters: row.filters,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
