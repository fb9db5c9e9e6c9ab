import type { AuditView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import type { Schema } from "../storage/index.ts";

/** Which acts are asked for: filters hold all at once. */
export interface AuditFilter {
  /** id or name of who did it */
  readonly actor?: string | undefined;
  /** an act, or with a dot at its end all of a room */
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  /** stands somewhere in what was recorded, whatever its case */
  readonly text?: string | undefined;
  /** ISO 8601: acts of this time and later, and before that one */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface AuditRequest extends AuditFilter {
  /** `seq` of the last act of the page before */
  readonly after?: number | undefined;
  readonly order?: "newest" | "oldest";
  readonly limit?: number;
}

const PAGE_MAX = 500;

/** @returns acts in the order in which they were recorded, or the other way round */
export async function listAudit(kysely: Kysely<Schema>, request: AuditRequest = {}): Promise<AuditView[]> {
  const { after, order = "oldest", limit = PAGE_MAX, ...filter } = request;
  const rows = await kysely
    .selectFrom("audit_log")
    .selectAll()
    .where((where) => where.and(conditionsOf(filter)))
    .$if(after !== undefined, (query) => query.where("seq", order === "oldest" ? ">" : "<", String(after)))
    .orderBy("seq", order === "oldest" ? "asc" : "desc")
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

function conditionsOf({ actor, action, target, text, since, until }: AuditFilter): RawBuilder<boolean>[] {
  return [
    ...(actor === undefined ? [] : [sql<boolean>`(actor ->> 'id' = ${actor} or actor ->> 'name' = ${actor})`]),
    ...(action === undefined ? [] : [isOfAction(action)]),
    ...(target === undefined ? [] : [sql<boolean>`target = ${target}`]),
    ...(text === undefined ? [] : [sql<boolean>`strpos(lower(leaf), lower(${asRecorded(text)})) > 0`]),
    ...(since === undefined ? [] : [sql<boolean>`at >= ${since}::timestamptz`]),
    ...(until === undefined ? [] : [sql<boolean>`at < ${until}::timestamptz`]),
  ];
}

function isOfAction(action: string): RawBuilder<boolean> {
  if (!action.endsWith(".")) return sql<boolean>`action collate "C" = ${action}`;
  // the character behind the dot: all that begins so lies between
  return sql<boolean>`action collate "C" >= ${action} and action collate "C" < ${`${action.slice(0, -1)}/`}`;
}

/** As canonical JSON spells it. */
const asRecorded = (text: string): string => JSON.stringify(text).slice(1, -1);
