import type { IndicatorEffect, IndicatorType, IndicatorView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Database, IndicatorsTable } from "../storage/index.ts";

export interface IndicatorFilters {
  readonly effect?: IndicatorEffect | undefined;
  readonly type?: IndicatorType | undefined;
  /** as it is stored: `evil.example` */
  readonly value?: string | undefined;
  readonly source?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Indicators, newest first. Expired ones stay until they are removed, and report nothing. */
export async function listIndicators(
  ctx: { readonly database: Pick<Database, "kysely"> },
  { effect, type, value, source, after, limit }: IndicatorFilters,
): Promise<{ items: IndicatorView[]; next: string | null }> {
  let query = ctx.database.kysely.selectFrom("indicators").selectAll();
  if (effect !== undefined) query = query.where("effect", "=", effect);
  if (type !== undefined) query = query.where("type", "=", type);
  if (value !== undefined) query = query.where("value", "in", formsOf(value));
  if (source !== undefined) query = query.where("source", "=", source.replaceAll("\u0000", ""));
  if (after !== undefined) query = query.where("id", "<", after.replaceAll("\u0000", ""));
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(toIndicatorView);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Paths, wallets and patterns keep their case, everything else is in lower case. */
function formsOf(value: string): string[] {
  const plain = value.replaceAll("\u0000", "");
  return [plain, plain.toLowerCase()];
}

export function toIndicatorView(row: Selectable<IndicatorsTable>): IndicatorView {
  return {
    id: row.id,
    effect: row.effect,
    type: row.type,
    value: row.value,
    source: row.source,
    severity: row.severity,
    description: row.description,
    confidence: row.confidence,
    tlp: row.tlp,
    createdBy: row.created_by,
    createdAt: toIso(row.created_at.getTime()),
    updatedAt: toIso(row.updated_at.getTime()),
    expiresAt: row.expires_at === null ? null : toIso(row.expires_at.getTime()),
  };
}
