import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import type pg from "pg";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import type { Database } from "../connect.ts";
import { migrateDatabase, readSchemaVersion } from "../migrate.ts";
import { migrations } from "../migrations/index.ts";
import { layEventPartition } from "../partitions.ts";
import { batchCharacters, batchRows, headerSchema, longestLine } from "./format.ts";
import type { Header } from "./format.ts";
import { listTables, SEEDED } from "./tables.ts";

/**
 * Reads a file of {@link exportDatabase} into an empty database, all or nothing, and brings it to this program's schema.
 *
 * @param database opened with `migrate: false`
 * @returns the number of rows and jobs
 * @throws OperatorError when the file is no complete export, is of a newer Firebreak, or the database is not empty
 */
export async function importDatabase(database: Database, file: string): Promise<number> {
  const lines = readLines(file);
  const header = await readHeader(lines, file);
  await assertEmpty(database, header);
  await migrateDatabase(
    database.pool,
    migrations.filter(({ version }) => version <= header.schema),
  );
  for (const name of header.partitions) await layEventPartition(database.kysely, parseDay(name));
  const client = await database.openClient();
  try {
    await client.query("begin");
    for (const table of await listTables(client))
      if (SEEDED.includes(table)) await client.query(`delete from ${table}`);
    const count = await new Importer(client, await listTables(client), file).run(lines);
    await client.query("commit");
    await migrateDatabase(database.pool);
    return count;
  } finally {
    await client.end();
  }
}

/** events_p20260301 → milliseconds since 1970 of that day's start */
function parseDay(name: string): number {
  return Date.parse(`${name.slice(8, 12)}-${name.slice(12, 14)}-${name.slice(14, 16)}T00:00:00Z`);
}

async function* readLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file);
  const unzipped = createGunzip();
  let problem: unknown;
  pipeline(input, unzipped, (error) => {
    problem = error;
  });
  try {
    for await (const line of createInterface({ input: unzipped, crlfDelay: Infinity })) {
      if (line.length > longestLine) throw new Error("a line is longer than any of ours");
      yield line;
    }
    if (problem) throw problem;
  } catch (error) {
    throw refuse(file, messageOf(problem ?? error));
  } finally {
    input.destroy();
  }
}

async function readHeader(lines: AsyncGenerator<string>, file: string): Promise<Header> {
  const first = await lines.next();
  const text = first.done === true ? "" : first.value;
  const newest = migrations.at(-1)?.version ?? 0;
  let header: Header;
  try {
    header = headerSchema.parse(JSON.parse(text.replace(/^H /, "")));
  } catch {
    throw refuse(file, "it does not begin as one");
  }
  if (header.schema <= newest) return header;
  throw new OperatorError(
    `The export ${file} has schema ${header.schema}, written by a newer Firebreak; this one knows up to ${newest}.`,
    "Import it with that release or a newer one.",
  );
}

async function assertEmpty(database: Database, { schema }: Header): Promise<void> {
  const found = await readSchemaVersion(database.pool);
  if (found === 0) return;
  const client = await database.openClient();
  try {
    const filled: string[] = [];
    for (const table of await listTables(client)) {
      if (SEEDED.includes(table)) continue;
      const { rowCount } = await client.query(`select from ${client.escapeIdentifier(table)} limit 1`);
      if (rowCount !== 0) filled.push(table);
    }
    if (filled.length === 0 && found === schema) return;
    throw new OperatorError(
      `The database ${database.describe()} is not fresh: ${filled.length > 0 ? `there are rows in ${filled.join(", ")}` : `it has schema ${found}, the export ${schema}`}.`,
      "Import into a new database (createdb NAME, DATABASE_URL) or a new FIREBREAK_HOME.",
    );
  } finally {
    await client.end();
  }
}

function refuse(file: string, problem: string): OperatorError {
  return new OperatorError(
    `${file} is not a complete Firebreak export: ${problem}. Nothing was imported.`,
    `Make it again with "firebreak db export FILE" and copy it whole.`,
  );
}

/** Gathers rows into batches. Rows are passed on as text, so that no number loses a digit in JavaScript. */
class Importer {
  private readonly client: pg.Client;
  private readonly tables: ReadonlySet<string>;
  private readonly file: string;
  private table: string | undefined;
  private letter = "R";
  private batch: string[] = [];
  private batchLength = 0;
  private count = 0;

  constructor(client: pg.Client, tables: readonly string[], file: string) {
    this.client = client;
    this.tables = new Set(tables);
    this.file = file;
  }

  async run(lines: AsyncGenerator<string>): Promise<number> {
    let end: string | undefined;
    for await (const line of lines) {
      if (end !== undefined) throw refuse(this.file, "it goes on after its end");
      const [letter, rest] = [line.slice(0, 2), line.slice(2)];
      if (letter === "E ") end = rest;
      else await this.take(letter, rest);
    }
    await this.flush();
    if (end === undefined) throw refuse(this.file, "its end is missing");
    if (Number(end) !== this.count) throw refuse(this.file, `it says ${end} rows but holds ${this.count}`);
    return this.count;
  }

  private async take(letter: string, rest: string): Promise<void> {
    if (letter === "R " || letter === "J ") return this.add(letter[0] ?? "", rest);
    await this.flush();
    if (letter === "T " && this.tables.has(rest)) this.table = rest;
    else if (letter === "S ") await this.setSequence(rest);
    else throw refuse(this.file, `it has a line that is not of an export (${(letter + rest).slice(0, 40)})`);
  }

  private async add(letter: string, row: string): Promise<void> {
    if (letter !== this.letter) await this.flush();
    this.letter = letter;
    this.batch.push(row);
    this.batchLength += row.length;
    if (this.batch.length >= batchRows || this.batchLength >= batchCharacters) await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const rows = `[${this.batch.join(",")}]`;
    try {
      if (this.letter === "J") await this.client.query(addJobs, [rows]);
      else await this.insert(rows);
    } catch (error) {
      throw refuse(this.file, `rows of ${this.letter === "J" ? "jobs" : this.table} do not fit (${messageOf(error)})`);
    }
    this.count += this.batch.length;
    [this.batch, this.batchLength] = [[], 0];
  }

  private async insert(rows: string): Promise<void> {
    if (this.table === undefined) throw refuse(this.file, "a row comes before its table");
    const table = this.client.escapeIdentifier(this.table);
    await this.client.query(
      `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1::json)`,
      [rows],
    );
  }

  private async setSequence(rest: string): Promise<void> {
    const [name, last] = rest.split(" ");
    const known = await this.client.query(
      "select from pg_sequences where schemaname = 'public' and sequencename = $1",
      [name],
    );
    if (known.rowCount !== 1 || !/^\d{1,19}$/.test(last ?? ""))
      throw refuse(this.file, "it names a sequence that does not exist");
    await this.client.query("select setval(quote_ident($1)::regclass, $2::bigint)", [name, last]);
  }
}

const addJobs = `
  select graphile_worker.add_job(job.identifier, job.payload, job.queue_name, job.run_at, job.max_attempts, job.key, job.priority)
  from json_to_recordset($1::json) as job (identifier text, payload json, queue_name text, run_at timestamptz,
    max_attempts int, key text, priority int)`;
