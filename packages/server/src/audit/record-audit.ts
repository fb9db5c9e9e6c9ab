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
  const at = toIso(record.at);
  const leaf = canonicalJson({ ...record, at });
  await trx
    .insertInto("audit_log")
    .values({
      at,
      actor: JSON.stringify(record.actor),
      action: record.action,
      target: record.target,
      leaf,
      leaf_hash: hashLeaf(leaf),
    })
    .execute();
}
