import type { Actor } from "@firebreak/protocol";
import { hashLeaf } from "@firebreak/verifier";
import type { Transaction } from "kysely";
import { canonicalJson, toIso } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";

export interface AuditRecord {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly actor: Actor;
  /** room and verb: `incident.resolve`, `token.create` */
  readonly action: string;
  readonly target: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes who did what, in the transaction of the change itself: without this row the change does not happen. */
export async function recordAudit(trx: Transaction<Schema>, record: AuditRecord): Promise<void> {
  await trx.insertInto("audit_log").values(toRow(record)).execute();
}

/** The same for many acts of one transaction, in their order. */
export async function recordAudits(trx: Transaction<Schema>, records: readonly AuditRecord[]): Promise<void> {
  for (let from = 0; from < records.length; from += ROWS_PER_INSERT) {
    const rows = records.slice(from, from + ROWS_PER_INSERT).map(toRow);
    await trx.insertInto("audit_log").values(rows).execute();
  }
}

const ROWS_PER_INSERT = 1_000;

function toRow({ at: atMs, actor, action, target, detail }: AuditRecord) {
  const at = toIso(atMs);
  const leaf = canonicalJson({ at, actor, action, target, detail });
  return { at, actor: JSON.stringify(actor), action, target, leaf, leaf_hash: hashLeaf(leaf) };
}
