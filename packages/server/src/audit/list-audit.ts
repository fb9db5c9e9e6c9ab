import type { Actor } from "@firebreak/protocol";
import type { Kysely } from "kysely";
import type { Schema } from "../storage/index.ts";

export interface AuditView {
  readonly seq: number;
  readonly at: string;
  readonly actor: Actor;
  readonly action: string;
  readonly target: string | null;
  /** hexadecimal leaf hash */
  readonly leafHash: string;
  /** the canonical JSON that was hashed */
  readonly leaf: string;
}

const PAGE_MAX = 500;

/** @returns records after `after` in the order they were written */
export async function listAudit(kysely: Kysely<Schema>, after: number, limit = PAGE_MAX): Promise<AuditView[]> {
  const rows = await kysely
    .selectFrom("audit_log")
    .selectAll()
    .where("seq", ">", String(after))
    .orderBy("seq")
    .limit(Math.min(limit, PAGE_MAX))
    .execute();
  return rows.map((row) => ({
    seq: Number(row.seq),
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    target: row.target,
    leafHash: row.leaf_hash.toString("hex"),
    leaf: row.leaf,
  }));
}
