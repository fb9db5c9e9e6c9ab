import { createHash } from "node:crypto";
import type { Hold, ReceiptContent, ReceiptSummary, SignedReceipt } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { signReceipt } from "../../killswitch/index.ts";
import { notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { House } from "../house.ts";

export type ReceiptOfAct = Exclude<ReceiptContent, { kind: "contradiction" }>;
type Contradiction = Extract<ReceiptContent, { kind: "contradiction" }>;

/** Signs and keeps a receipt in the transaction of the record; one that is there already stays as it is. */
export async function keepReceipt(
  trx: Trx,
  house: Pick<House, "receiptKey">,
  content: ReceiptOfAct,
  signed: SignedReceipt = signReceipt(house.receiptKey, content),
): Promise<void> {
  const summary = summarize(content);
  const { id, kind, at } = summary;
  await trx
    .insertInto("receipts")
    .values({ id, kind, at, summary: JSON.stringify(summary), signed: JSON.stringify(signed) })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  await notifyLive(trx, "hold", summary.holdId);
}

/**
 * Signs what contradicts the receipt of a stop and keeps it beside: what was signed before is not touched, and the first
 * addendum stays. Without a receipt there is nothing to contradict.
 */
export async function addContradiction(
  trx: Trx,
  house: Pick<House, "receiptKey">,
  found: Omit<Contradiction, "kind" | "version" | "receiptSha256">,
): Promise<void> {
  const { stopId, foundAt } = found;
  const receipt = trx.selectFrom("receipts").select("signed").where("id", "=", stopId).where("addendum", "is", null);
  const row = await receipt.forUpdate().executeTakeFirst();
  if (row === undefined) return;
  const receiptSha256 = createHash("sha256").update(row.signed.payload).digest("hex");
  const addendum = signReceipt(house.receiptKey, { kind: "contradiction", version: 1, receiptSha256, ...found });
  await trx
    .updateTable("receipts")
    .set({ addendum: JSON.stringify(addendum), contradicted_at: foundAt })
    .where("id", "=", stopId)
    .execute();
}

function summarize(content: ReceiptOfAct): Omit<ReceiptSummary, "contradictedAt"> {
  if (content.kind === "stop") {
    const { receipt, drill } = content;
    const { hold, results, verified } = receipt;
    const times = results.flatMap((result) => result.elapsedMs ?? []);
    return {
      ...placeOf(hold),
      id: receipt.stopId,
      kind: "stop",
      at: receipt.completedAt,
      reason: hold.reason,
      by: hold.actor,
      drill,
      verified,
      targets: results.length,
      slowestMs: times.length === 0 ? null : Math.max(...times),
    };
  }
  const { holds, releasedAt, releasedBy, reason, resumed } = content;
  const [hold] = holds;
  if (hold === undefined) throw new Error("a receipt of a resume names the holds that ended");
  return {
    ...placeOf(hold),
    id: hold.id,
    kind: "resume",
    at: releasedAt,
    reason,
    by: releasedBy,
    drill: false,
    verified: null,
    targets: resumed.length,
    slowestMs: null,
  };
}

function placeOf(hold: Hold) {
  const { id, scope, target, level, incidentId } = hold;
  return { holdId: id, scope, target, level, incidentId };
}

const PAGE_MAX = 500;

/** @returns the newest first; `after` is the `next` of the page before */
export async function listReceipts(
  { database }: Pick<House, "database">,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: ReceiptSummary[]; next: string | null }> {
  let query = database.kysely.selectFrom("receipts").select(["id", "at", "summary", "contradicted_at"]);
  if (after !== undefined) {
    const from = await database.kysely.selectFrom("receipts").select("at").where("id", "=", after).executeTakeFirst();
    if (from === undefined) throw new FirebreakError("bad_request", "`after` is not the `next` of a page of receipts.");
    query = query.where((where) =>
      where.or([where("at", "<", from.at), where.and([where("at", "=", from.at), where("id", "<", after)])]),
    );
  }
  const size = Math.min(limit, PAGE_MAX);
  const rows = await query
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(size + 1)
    .execute();
  const items = rows.slice(0, size).map(({ summary, contradicted_at: at }) => ({
    ...summary,
    contradictedAt: at === null ? null : toIso(at.getTime()),
  }));
  return { items, next: rows.length > size ? (items.at(-1)?.id ?? null) : null };
}

/** @param id of the stop, or of the hold that ended @throws FirebreakError `not_found` */
export async function getReceipt({ database }: Pick<House, "database">, id: string): Promise<SignedReceipt> {
  const row = await database.kysely.selectFrom("receipts").select("signed").where("id", "=", id).executeTakeFirst();
  if (row !== undefined) return row.signed;
  throw new FirebreakError("not_found", `There is no receipt ${id}. List them: firebreak receipt list.`);
}

/** @param id of the stop @throws FirebreakError `not_found` when nothing contradicts it */
export async function getAddendum({ database }: Pick<House, "database">, id: string): Promise<SignedReceipt> {
  const row = await database.kysely.selectFrom("receipts").select("addendum").where("id", "=", id).executeTakeFirst();
  const addendum = row?.addendum ?? null;
  if (addendum !== null) return addendum;
  throw new FirebreakError("not_found", `Nothing contradicts the receipt ${id}.`);
}
