import type { SilenceKind, SilenceView } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { AlertContext } from "../list-alerts.ts";
import { toStorableText } from "../storable-text.ts";
import { toSilenceView } from "./silence-row.ts";
import type { SilenceRow } from "./silence-row.ts";

export interface SilenceFilters {
  readonly kind?: SilenceKind | undefined;
  /** false, the default: only those that are not over */
  readonly expired?: boolean | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

type ReadContext = Pick<AlertContext, "database"> & { readonly clock: Clock };

const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 50;

/** Silences and maintenance windows, newest first. */
export async function listSilences(
  ctx: ReadContext,
  filters: SilenceFilters,
): Promise<{ items: SilenceView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("silences").selectAll();
  if (filters.kind !== undefined) query = query.where("kind", "=", filters.kind);
  if (filters.expired !== true) {
    query = query.where("expired_at", "is", null).where("ends_at", ">", new Date(ctx.clock.now()));
  }
  if (filters.after !== undefined) query = query.where("id", "<", toStorableText(filters.after));
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = await toViews(ctx, rows.slice(0, limit));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError not_found */
export async function getSilence(ctx: ReadContext, id: string): Promise<SilenceView> {
  const row = await ctx.database.kysely
    .selectFrom("silences")
    .selectAll()
    .where("id", "=", toStorableText(id))
    .executeTakeFirst();
  const [view] = await toViews(ctx, row === undefined ? [] : [row]);
  if (view === undefined) throw new FirebreakError("not_found", `There is no silence ${id}.`);
  return view;
}

async function toViews({ database, clock }: ReadContext, rows: readonly SilenceRow[]): Promise<SilenceView[]> {
  if (rows.length === 0) return [];
  const held = await database.kysely
    .selectFrom("alerts")
    .select((expression) => ["held_by", expression.fn.countAll<string>().as("count")])
    .where("status", "=", "open")
    .where(
      "held_by",
      "in",
      rows.map(({ id }) => id),
    )
    .groupBy("held_by")
    .execute();
  const holding = new Map(held.map((row) => [row.held_by, Number(row.count)]));
  return rows.map((row) => toSilenceView(row, clock.now(), holding.get(row.id) ?? 0));
}
