import { sql } from "kysely";
import { recordAudit } from "../../audit/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import { holdOfLine, lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import type { ActiveHold } from "../holds/active-holds.ts";
import { mayMatch, noteErased, Tally } from "./job.ts";
import type { Finding, PersonJob } from "./job.ts";
import { KEPT, MASKED } from "./record-columns.ts";
import type { MaskedTable } from "./record-columns.ts";
import { maskJson, matchesJson } from "./terms.ts";

/** Pages of a table that are looked through at once: eight mebibytes, and what lies beside them. */
const PAGES = 1_024;
const PAGE_BYTES = 8_192;

interface Row {
  /** where it lies: it is locked until it is written */
  readonly at: string;
  readonly text: string;
  readonly over: boolean;
  readonly cells: Readonly<Record<string, unknown>>;
}

/** Everything that is a row of its own and no entry of the log. */
export async function eraseRecords(job: PersonJob): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [table, masked] of Object.entries(MASKED)) findings.push(...(await maskTable(job, table, masked)));
  for (const [table, why] of Object.entries(KEPT)) findings.push(...(await findKept(job, table, why)));
  return findings;
}

async function maskTable(job: PersonJob, table: string, masked: MaskedTable): Promise<Finding[]> {
  const tally = new Tally();
  const pages = await pagesOf(job, table);
  for (let from = 0; from < pages; from += PAGES) {
    await job.beat();
    await inTransaction(job.ctx.database, async (trx) => {
      if (job.erases) await lockHolds(trx);
      const holds = await readActiveHolds(trx);
      const rows = await readRows(trx, job, { table, masked, from });
      let changed = 0;
      for (const row of rows) changed += await maskRow(trx, job, { table, masked, tally, holds }, row);
      if (changed > 0) await noteMasked(trx, job, table, changed);
    });
  }
  return tally.finding(table, "mask");
}

async function pagesOf({ ctx }: PersonJob, table: string): Promise<number> {
  const { rows } = await sql<{ bytes: string }>`select pg_relation_size(${table}::regclass) as bytes`.execute(
    ctx.database.kysely,
  );
  return Math.ceil(Number(rows[0]?.bytes ?? 0) / PAGE_BYTES);
}

const columnsOf = ({ text = [], json = [], jsonText = [] }: MaskedTable): string[] => [...text, ...json, ...jsonText];

async function readRows(
  trx: Trx,
  { matcher, erases }: PersonJob,
  { table, masked, from }: { readonly table: string; readonly masked: MaskedTable; readonly from: number },
): Promise<Row[]> {
  const cells = columnsOf(masked).map((column) => sql`${sql.lit(column)}, t.${sql.ref(column)}`);
  const { rows } = await sql<Row>`
    select t.ctid::text as at, to_jsonb(t)::text as text, coalesce(${sql.raw(masked.over ?? "true")}, false) as over,
      jsonb_build_object(${sql.join(cells)}) as cells
    from ${sql.table(table)} t
    where t.ctid >= ${`(${from},0)`}::tid and t.ctid < ${`(${from + PAGES},0)`}::tid
      and ${mayMatch(sql`to_jsonb(t)::text`, matcher)}
    ${erases ? sql`for update of t` : sql``}`.execute(trx);
  return rows;
}

interface Table {
  readonly table: string;
  readonly masked: MaskedTable;
  readonly tally: Tally;
  readonly holds: readonly ActiveHold[];
}

/** @returns 1 when the row was changed */
async function maskRow(trx: Trx, job: PersonJob, { table, masked, tally, holds }: Table, row: Row): Promise<0 | 1> {
  const { matcher } = job;
  const changes = columnsOf(masked).flatMap((column) => {
    const cell = readCell(masked, column, row.cells[column]);
    return matchesJson(cell, matcher) ? [[column, maskJson(cell, matcher)] as const] : [];
  });
  if (changes.length === 0) return 0;
  tally.matches += 1;
  const hold = holdOfLine({ text: row.text, fromMs: -Infinity, toMs: Infinity }, holds);
  if (hold !== undefined) tally.hold(1, hold.caseId);
  else if (!row.over) tally.keep(1, "it is not over yet");
  else if (job.erases) {
    const sets = changes.map(([column, value]) => {
      const isText = masked.text?.includes(column) === true;
      const written = isText ? sql`${value}::text` : sql`${JSON.stringify(value)}`;
      const type = masked.json?.includes(column) === true ? sql`::jsonb` : sql``;
      return sql`${sql.ref(column)} = ${written}${type}`;
    });
    await sql`update ${sql.table(table)} set ${sql.join(sets)} where ctid = ${row.at}::tid`.execute(trx);
    return 1;
  }
  return 0;
}

function readCell({ jsonText = [] }: MaskedTable, column: string, cell: unknown): unknown {
  if (!jsonText.includes(column) || typeof cell !== "string") return cell;
  return JSON.parse(cell);
}

async function noteMasked(trx: Trx, { ctx, id, actor, policy }: PersonJob, table: string, rows: number): Promise<void> {
  const detail = { table, rows, policy };
  await recordAudit(trx, { at: ctx.clock.now(), actor, action: "person_erasure.mask", target: id, detail });
  await noteErased(trx, id, table, rows);
}

async function findKept(job: PersonJob, table: string, why: string): Promise<Finding[]> {
  const tally = new Tally();
  await job.beat();
  const { rows } = await sql<{ row: unknown }>`
    select to_jsonb(t) as row from ${sql.table(table)} t where ${mayMatch(sql`to_jsonb(t)::text`, job.matcher)}`.execute(
    job.ctx.database.kysely,
  );
  const found = rows.filter(({ row }) => matchesJson(row, job.matcher)).length;
  tally.matches = found;
  tally.keep(found, why);
  return tally.finding(table, "keep");
}
