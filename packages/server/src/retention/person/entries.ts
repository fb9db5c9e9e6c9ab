import { sql } from "kysely";
import { recordDeletion } from "../../audit/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { deleteEvents } from "../../telemetry/index.ts";
import { BatchChanged, isOneOf, readEntries } from "../batch.ts";
import type { Candidate } from "../batch.ts";
import { isHeld, lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import { ACTS, EVENTS } from "../stores.ts";
import type { Store } from "../stores.ts";
import { mayMatch, noteErased, Tally } from "./job.ts";
import type { Finding, PersonJob } from "./job.ts";
import { matchesJson } from "./terms.ts";

/** Entries of the log read at once: more of them where the database tells most of them apart. */
const STEP = { likely: 20_000, all: 5_000 };
const ERASED_AT_ONCE = 1_000;

/** Events, and acts where that is asked for: rows go, their hashes stay in the tree. */
export async function eraseEntries(job: PersonJob): Promise<Finding[]> {
  const acts = await walk(job, ACTS, "acts", job.also.has("acts"));
  return [...(await walk(job, EVENTS, "events", true)), ...acts];
}

async function walk(job: PersonJob, store: Store, name: string, isAsked: boolean): Promise<Finding[]> {
  const { kysely } = job.ctx.database;
  const tally = new Tally();
  const table = sql.table(store.table);
  const { rows: ends } = await sql<{ first: string | null; last: string | null }>`
    select min(seq) as first, max(seq) as last from ${table}`.execute(kysely);
  const [first, last] = [Number(ends[0]?.first ?? 0), Number(ends[0]?.last ?? -1)];
  const step = job.matcher.likely === null ? STEP.all : STEP.likely;
  const body = sql.ref(store.leaf ?? "");
  for (let from = first; from <= last; from += step) {
    await job.beat();
    const { rows } = await sql<{ key: string; body: string }>`
      select seq::text as key, ${body} as body from ${table}
      where seq >= ${from} and seq < ${from + step} and ${mayMatch(sql`${body}`, job.matcher)} order by seq`.execute(
      kysely,
    );
    const found = rows.filter((row) => matchesJson(JSON.parse(row.body), job.matcher)).map(({ key }) => key);
    for (let at = 0; at < found.length; at += ERASED_AT_ONCE) {
      await judge(job, { store, name, isAsked, tally }, found.slice(at, at + ERASED_AT_ONCE));
    }
  }
  return tally.finding(name, isAsked ? "delete" : "keep");
}

interface Walk {
  readonly store: Store;
  readonly name: string;
  readonly isAsked: boolean;
  readonly tally: Tally;
}

interface Judged extends Candidate {
  readonly settled: boolean;
  readonly holder: string | null;
}

async function judge(job: PersonJob, { store, name, isAsked, tally }: Walk, keys: readonly string[]): Promise<void> {
  const { kysely } = job.ctx.database;
  tally.matches += keys.length;
  if (!isAsked) {
    tally.keep(keys.length, "the record of who did what: name `acts` to erase it");
    return;
  }
  const holds = await readActiveHolds(kysely);
  const holders = holds.map((hold) => sql`when ${isHeld(store, [hold])} then ${hold.caseId}::text`);
  const holder = holds.length === 0 ? sql`null` : sql`case ${sql.join(holders, sql` `)} end`;
  const { rows } = await sql<Judged>`
    select t.seq::text as key, 0::float8 as size, ${sql.raw(store.began)} as began, ${sql.raw(store.ended)} as ended,
      coalesce(${sql.raw(store.settled)}, false) as settled, ${holder} as holder
    from ${sql.table(store.table)} t where t.seq = any(${[...keys]}::bigint[]) order by t.seq`.execute(kysely);
  for (const { holder: caseId } of rows) if (caseId !== null) tally.hold(1, caseId);
  const free = rows.filter((row) => row.holder === null);
  const settled = free.filter((row) => row.settled);
  tally.keep(free.length - settled.length, NOT_YET[store.table] ?? "");
  const { rows: taken, altered } = await readEntries(kysely, store, settled);
  tally.keep(altered.length, "changed by hand: what was logged is another. Run `firebreak audit verify`");
  if (!job.erases || taken.length === 0) return;
  try {
    await drop(job, store, name, taken);
  } catch (fault) {
    if (!(fault instanceof BatchChanged)) throw fault;
    // held or changed just now: the next look says so
  }
}

const NOT_YET: Readonly<Record<string, string>> = {
  events: "not logged and judged yet: within a minute",
  audit_log: "acts that say what was deleted or held are never erased, others once they are logged",
};

type Taken = Awaited<ReturnType<typeof readEntries>>["rows"];

async function drop({ ctx, id, actor, policy }: PersonJob, store: Store, name: string, rows: Taken): Promise<void> {
  const keys = rows.map(({ key }) => key);
  const fromMs = rows.reduce((least, row) => Math.min(least, row.fromMs), Infinity);
  const toMs = rows.reduce((most, row) => Math.max(most, row.fromMs), -Infinity);
  await inTransaction(ctx.database, async (trx) => {
    await lockHolds(trx);
    const holds = await readActiveHolds(trx);
    const isOfThem = isOneOf(store, keys, fromMs, toMs);
    const { rows: free } = await sql`
      select from ${sql.table(store.table)} t
      where ${isOfThem} and ${sql.raw(store.settled)} and not ${isHeld(store, holds)} for update`.execute(trx);
    if (free.length !== keys.length) throw new BatchChanged("a legal hold was applied, or a row was changed meanwhile");
    if (store.table === "events") await deleteEvents(trx, keys, { fromMs, toMs });
    else await sql`delete from ${sql.table(store.table)} t where ${isOfThem}`.execute(trx);
    await recordDeletion(trx, ctx.logKey, {
      at: ctx.clock.now(),
      actor,
      target: id,
      policy,
      entries: rows.flatMap(({ entry }) => entry ?? []),
      detail: { class: "person", from: store.table, rows: rows.length },
    });
    await noteErased(trx, id, name, rows.length);
  });
}
