import path from "node:path";
import { parseVerifierKey, verifyLog } from "@firebreak/verifier";
import type { Finding, LogVerdict, VerifierKey } from "@firebreak/verifier";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { canonicalJson, toIso } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { createDatabaseSource } from "./database-source.ts";
import type { LoggedRow } from "./database-source.ts";
import { readKeptCheckpoint } from "./keep-checkpoint.ts";
import { verifierKeyOf } from "./log-key.ts";
import type { LogKey } from "./log-key.ts";

/** What the tables say otherwise than the log, which only somebody with the database can see. */
export interface TableFinding {
  readonly code: "columns_differ" | "row_not_logged";
  readonly message: string;
  readonly table: "events" | "audit_log";
  readonly seq: number;
}

export interface DatabaseVerdict extends LogVerdict {
  readonly tableFindings: readonly TableFinding[];
}

const TABLE_FINDINGS_MAX = 1_000;

/**
 * Derives the whole log anew from the rows, and holds against it the tiles, the signed checkpoints, the one that this home kept
 * outside the database, and the columns that people search by.
 */
export async function checkLog(
  ctx: { readonly database: { readonly kysely: Kysely<Schema> }; readonly home: string; readonly logKey: LogKey },
  onProgress: (done: number, size: number) => void = () => undefined,
): Promise<DatabaseVerdict> {
  // one view of everything: the tree grows on meanwhile
  return ctx.database.kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute((trx) => checkWithin(trx, ctx, onProgress));
}

/** The same within a transaction that is there already. */
export async function checkWithin(
  trx: Kysely<Schema>,
  { home, logKey }: { readonly home: string; readonly logKey: LogKey },
  onProgress: (done: number, size: number) => void = () => undefined,
): Promise<DatabaseVerdict> {
  const tableFindings: TableFinding[] = [];
  const note = (finding: TableFinding | undefined) => {
    if (finding !== undefined && tableFindings.length < TABLE_FINDINGS_MAX) tableFindings.push(finding);
  };
  const source = createDatabaseSource(trx, home, (row) => note(compareColumns(row)));
  const state = await trx.selectFrom("log_state").select("origin").executeTakeFirst();
  const own = state === undefined ? "" : verifierKeyOf(logKey, state.origin);
  const kept = readKeptCheckpoint(home);
  const verdict = await verifyLog({
    source,
    keys: await readKeys(trx, own),
    trusted: kept === undefined ? [] : [{ name: path.join("log", "checkpoint"), note: kept }],
    onProgress,
  });
  for (const finding of await findUnlogged(trx)) note(finding);
  return { ...verdict, intact: verdict.intact && tableFindings.length === 0, tableFindings };
}

/** Keys of all homes that share the database; they are told apart from a stranger's by a person alone. */
async function readKeys(trx: Kysely<Schema>, own: string): Promise<VerifierKey[]> {
  const stored = await trx.selectFrom("log_keys").select("verifier_key").execute();
  return [own, ...stored.map(({ verifier_key }) => verifier_key)].flatMap((key) => parseVerifierKey(key) ?? []);
}

/** Rows that stand among those that were logged, and are not: nobody but the log's own writer gives numbers. */
async function findUnlogged(kysely: Kysely<Schema>): Promise<TableFinding[]> {
  const { rows } = await sql<{ seq: string }>`
    with logged as (
      select (('x' || encode(substr(refs, place * 8 + 1, 8), 'hex'))::bit(64)::bigint) as ref
      from log_tiles, generate_series(0, 255) as place
      where level = 0 and length(refs) > place * 8
    )
    select events.seq from events, log_state
    where events.seq <= log_state.last_event_seq and not exists (select from logged where ref = events.seq)
    limit ${TABLE_FINDINGS_MAX}`.execute(kysely);
  return rows.map(({ seq }) => ({
    code: "row_not_logged",
    message: `event ${seq} stands among logged events and was never logged`,
    table: "events",
    seq: Number(seq),
  }));
}

function compareColumns({ table, seq, index, canonical, columns }: LoggedRow): TableFinding | undefined {
  const logged = readLogged(canonical);
  const names = table === "events" ? EVENT_COLUMNS : ACT_COLUMNS;
  const differing = Object.entries(names).filter(
    ([column, read]) => plain(columns[column]) !== plain(logged === undefined ? undefined : read(logged)),
  );
  if (differing.length === 0) return undefined;
  const what = differing.map(([column]) => column).join(", ");
  const message = `row ${seq} of ${table}, entry ${index}, says otherwise than what was logged in: ${what}`;
  return { code: "columns_differ", message, table, seq };
}

type Logged = Readonly<Record<string, unknown>>;
const agentOf = (name: string) => (logged: Logged) => (isRecord(logged["agent"]) ? logged["agent"][name] : undefined);
const own = (name: string) => (logged: Logged) => logged[name];

const EVENT_COLUMNS: Readonly<Record<string, (logged: Logged) => unknown>> = {
  id: own("id"),
  time: own("time"),
  received_at: own("receivedTime"),
  source: own("source"),
  agent_id: agentOf("id"),
  pack: agentOf("pack"),
  session_id: agentOf("session"),
  run_id: agentOf("run"),
  kind: own("kind"),
  outcome: own("outcome"),
  risk: own("risk"),
};
const ACT_COLUMNS: Readonly<Record<string, (logged: Logged) => unknown>> = {
  at: own("at"),
  actor: own("actor"),
  action: own("action"),
  target: own("target"),
};

function readLogged(canonical: string): Logged | undefined {
  try {
    const value: unknown = JSON.parse(canonical);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Logged {
  return typeof value === "object" && value !== null;
}

/** One spelling of a value, in the column and in the log. */
function plain(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Date) return toIso(value.getTime());
  return typeof value === "string" ? value : canonicalJson(value);
}

/** @returns the findings as sentences, the first ones */
export function describeFindings({ findings, tableFindings }: DatabaseVerdict, max: number): string[] {
  const place = ({ from, to }: Finding) =>
    from === undefined ? "" : from === to ? ` (entry ${from})` : ` (entries ${from} to ${to})`;
  const told = findings.map((finding) => `${finding.code}: ${finding.message}${place(finding)}`);
  return [...told, ...tableFindings.map(({ code, message }) => `${code}: ${message}`)].slice(0, max);
}
