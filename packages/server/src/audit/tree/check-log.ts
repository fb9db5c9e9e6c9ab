import path from "node:path";
import { parseVerifierKey, verifyLog } from "@firebreak/verifier";
import type { Finding, Head, LogVerdict, VerifierKey } from "@firebreak/verifier";
import type { Kysely } from "kysely";
import { canonicalJson, toIso } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { createDatabaseSource } from "./database-source.ts";
import type { LoggedRow } from "./database-source.ts";
import { UnloggedRows } from "./unlogged-rows.ts";
import type { UnloggedRow } from "./unlogged-rows.ts";
import type { CheckState } from "./check-state.ts";
import { readKeptCheckpoint } from "./keep-checkpoint.ts";
import { verifierKeyOf } from "./log-key.ts";
import type { PublicLogKey } from "./log-key.ts";

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

export interface CheckContext {
  readonly home: string;
  /** of this home: the log may know nothing of it yet */
  readonly logKey: PublicLogKey;
  /** signed checkpoints that were kept elsewhere */
  readonly trusted?: readonly string[];
}

export interface CheckOptions {
  /** told after every tile; what it waits for holds up the check */
  readonly onProgress?: (done: number, size: number) => void | Promise<void>;
  /** where an earlier check stood */
  readonly resume?: CheckState | undefined;
  /** told now and then, as long as nothing was found */
  readonly onState?: (state: Omit<CheckState, "at">) => void;
}

/**
 * Derives the whole log anew from the rows, and holds against it the tiles, the signed checkpoints, the one that this home kept
 * outside the database, and the columns that people search by. What lies under the checkpoint of its beginning never changes
 * while the log grows on, so it keeps no transaction open; what it finds is looked at once more in one view of everything, lest a
 * deletion by policy that came in between be taken for a loss.
 */
export async function checkLog(
  ctx: CheckContext & { readonly database: { readonly kysely: Kysely<Schema> } },
  options: CheckOptions = {},
): Promise<DatabaseVerdict> {
  const { kysely } = ctx.database;
  const inOneView = <T>(act: (trx: Kysely<Schema>) => Promise<T>) =>
    kysely.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(act);
  const pinned = await inOneView((trx) => readPinned(trx, ctx.home));
  const verdict = await checkPinned(kysely, ctx, pinned, options);
  return verdict.intact ? verdict : inOneView((trx) => checkWithin(trx, ctx, options));
}

/** The same within a transaction that is there already. */
export async function checkWithin(
  trx: Kysely<Schema>,
  ctx: CheckContext,
  { onProgress }: Pick<CheckOptions, "onProgress"> = {},
): Promise<DatabaseVerdict> {
  return checkPinned(trx, ctx, await readPinned(trx, ctx.home), onProgress === undefined ? {} : { onProgress });
}

/** What the log says of itself at one moment. */
interface Pinned {
  /** the checkpoint that the home keeps */
  readonly kept: string | undefined;
  readonly note: string | undefined;
  readonly heads: readonly Head[];
  readonly origin: string;
  readonly size: number;
  readonly lastEventSeq: bigint;
}

async function readPinned(trx: Kysely<Schema>, home: string): Promise<Pinned> {
  // before the rest: it must not be newer
  const kept = readKeptCheckpoint(home);
  const state = await trx.selectFrom("log_state").selectAll().executeTakeFirst();
  return {
    kept,
    note: state?.note,
    heads: await createDatabaseSource(trx, home).heads(),
    origin: state?.origin ?? "",
    size: Number(state?.size ?? 0),
    lastEventSeq: BigInt(state?.last_event_seq ?? 0),
  };
}

async function checkPinned(
  kysely: Kysely<Schema>,
  { home, logKey, trusted = [] }: CheckContext,
  pinned: Pinned,
  { onProgress, onState, resume }: CheckOptions,
): Promise<DatabaseVerdict> {
  const tableFindings: TableFinding[] = [];
  const note = (finding: TableFinding | undefined) => {
    if (finding !== undefined && tableFindings.length < TABLE_FINDINGS_MAX) tableFindings.push(finding);
  };
  const unlogged = new UnloggedRows(kysely, BigInt(resume?.lastEventSeq ?? 0));
  const source = createDatabaseSource(kysely, home, {
    onRow: (row) => note(compareColumns(row)),
    onRefs: async (refs) => {
      for (const row of await unlogged.beneath(refs)) note(toFinding(row));
    },
  });
  const { kept } = pinned;
  const verdict = await verifyLog({
    source: { ...source, checkpoint: async () => pinned.note, heads: async () => pinned.heads },
    keys: await readKeys(kysely, ownKeys(logKey, pinned.origin)),
    trusted: [
      ...(kept === undefined ? [] : [{ name: path.join("log", "checkpoint"), note: kept }]),
      ...trusted.map((given, at) => ({ name: `checkpoint ${at + 1} of those given`, note: given })),
    ],
    resume: resume?.verified,
    onState: (verified) => {
      if (tableFindings.length === 0) onState?.({ lastEventSeq: String(unlogged.last), verified });
    },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  for (const row of await unlogged.end(pinned.lastEventSeq, pinned.size)) note(toFinding(row));
  return { ...verdict, intact: verdict.intact && tableFindings.length === 0, tableFindings };
}

const ownKeys = (logKey: PublicLogKey, origin: string): string[] =>
  [logKey, logKey.before].flatMap((key) => (key === undefined ? [] : verifierKeyOf(key, origin)));

function toFinding({ table, seq }: UnloggedRow): TableFinding {
  const what = table === "events" ? `event ${seq}` : `act ${seq}`;
  return { code: "row_not_logged", message: `${what} stands among logged rows and was never logged`, table, seq };
}

/** Keys of all homes that share the database; they are told apart from a stranger's by a person alone. */
async function readKeys(trx: Kysely<Schema>, own: readonly string[]): Promise<VerifierKey[]> {
  const stored = await trx.selectFrom("log_keys").select("verifier_key").execute();
  return [...own, ...stored.map(({ verifier_key }) => verifier_key)].flatMap((key) => parseVerifierKey(key) ?? []);
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
