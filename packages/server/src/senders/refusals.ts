import type { RefusalView } from "@firebreak/protocol";
import { sql } from "kysely";
import { DEFAULT_REDACTION, toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { textOf } from "./reading.ts";

/** What is refused is shown to people: as strict as a profile that says nothing. */
const { maskText } = createRedactor(DEFAULT_REDACTION);
/** Refused messages that are kept: the newest. */
const KEPT_MAX = 1_000;
const REASON_CHARACTERS_MAX = 1_000;
const SUMMARY_CHARACTERS_MAX = 300;

export interface Refusal {
  /** null when the key belongs to no source */
  readonly source: string | null;
  /** method and path of the vendor's format */
  readonly endpoint: string;
  readonly reason: string;
  readonly summary: string;
}

/** Keeps what was refused where people see it; the oldest make room. */
export async function recordRefusal(
  ctx: { readonly database: Pick<Database, "kysely">; readonly clock: Clock },
  refusal: Refusal,
): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const { id } = await trx
      .insertInto("refused_messages")
      .values({
        at: toIso(ctx.clock.now()),
        source: refusal.source,
        endpoint: refusal.endpoint,
        reason: maskText(textOf(refusal.reason, REASON_CHARACTERS_MAX)),
        summary: maskText(textOf(refusal.summary, SUMMARY_CHARACTERS_MAX)),
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await sql`delete from refused_messages where id <= ${id}::bigint - ${KEPT_MAX}`.execute(trx);
    await notifyLive(trx, "source", refusal.source ?? "");
  });
}

/** @returns how many messages with a key of no source were refused since then; the kept ones are counted */
export async function countUnclaimed(
  { database }: { readonly database: Pick<Database, "kysely"> },
  sinceMs: number,
): Promise<number> {
  const { total } = await database.kysely
    .selectFrom("refused_messages")
    .select((expression) => expression.fn.countAll<string>().as("total"))
    .where("source", "is", null)
    .where("at", ">=", new Date(sinceMs))
    .executeTakeFirstOrThrow();
  return Number(total);
}

export interface RefusalsQuery {
  readonly source?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** @returns refused messages, newest first */
export async function listRefusals(
  { database }: { readonly database: Pick<Database, "kysely"> },
  query: RefusalsQuery,
): Promise<{ items: RefusalView[]; next: string | null }> {
  let select = database.kysely.selectFrom("refused_messages").selectAll();
  if (query.source !== undefined) select = select.where("source", "=", query.source);
  if (query.after !== undefined && /^\d{1,18}$/.test(query.after)) select = select.where("id", "<", query.after);
  const rows = await select
    .orderBy("id", "desc")
    .limit(query.limit + 1)
    .execute();
  const items = rows.slice(0, query.limit).map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    source: row.source,
    endpoint: row.endpoint,
    reason: row.reason,
    summary: row.summary,
  }));
  return { items, next: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
}
