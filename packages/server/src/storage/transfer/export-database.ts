import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type pg from "pg";
import { codeOf, messageOf, OperatorError, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Database } from "../connect.ts";
import { readSchemaVersion } from "../migrate.ts";
import { batchRows, exportFormat } from "./format.ts";
import type { Header } from "./format.ts";
import { listPartitions, listSequences, listTables } from "./tables.ts";

/**
 * Writes everything in the database, waiting jobs too, as of one moment, to a file that {@link importDatabase} reads.
 * Works while Firebreak runs. The file appears complete or not at all, readable by its owner only.
 *
 * @returns the number of rows and jobs
 * @throws OperatorError when the file cannot be written
 */
export async function exportDatabase(database: Database, file: string, clock: Clock): Promise<number> {
  const client = await database.openClient();
  const draft = `${file}.part`;
  const counted = { rows: 0 };
  try {
    await client.query("begin isolation level repeatable read read only");
    if ((await readSchemaVersion(client)) === 0) throw describeNothing(database);
    const lines = Readable.from(writeLines(client, clock, counted));
    await pipeline(lines, createGzip({ level: 6 }), createWriteStream(draft, { mode: 0o600, flags: "w" }));
    await rename(draft, file);
    return counted.rows;
  } catch (error) {
    await rm(draft, { force: true });
    throw explainWriteError(error, file);
  } finally {
    await client.end();
  }
}

async function* writeLines(client: pg.Client, clock: Clock, counted: { rows: number }): AsyncGenerator<string> {
  const header: Header = {
    format: exportFormat,
    schema: await readSchemaVersion(client),
    exportedAt: toIso(clock.now()),
    partitions: await listPartitions(client),
  };
  yield `H ${JSON.stringify(header)}\n`;
  for (const table of await listTables(client)) {
    yield `T ${table}\n`;
    yield* writeRows(
      client,
      "R",
      `select row_to_json(t)::text as line from ${client.escapeIdentifier(table)} t`,
      counted,
    );
  }
  yield* writeRows(client, "J", jobsQuery, counted);
  for (const { name, last } of await listSequences(client)) yield `S ${name} ${last}\n`;
  yield `E ${counted.rows}\n`;
}

const jobsQuery = `
  select row_to_json(j)::text as line from (
    select task.identifier, job.payload, queue.queue_name, job.run_at, job.max_attempts, job.key, job.priority
    from graphile_worker._private_jobs job
    join graphile_worker._private_tasks task on task.id = job.task_id
    left join graphile_worker._private_job_queues queue on queue.id = job.job_queue_id
    where job.attempts < job.max_attempts or job.locked_at is not null
    order by job.id) j`;

async function* writeRows(
  client: pg.Client,
  letter: string,
  query: string,
  counted: { rows: number },
): AsyncGenerator<string> {
  await client.query(`declare export no scroll cursor for ${query}`);
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${batchRows} from export`);
    if (rows.length === 0) break;
    counted.rows += rows.length;
    yield rows.map(({ line }) => `${letter} ${line}\n`).join("");
  }
  await client.query("close export");
}

function describeNothing(database: Database): OperatorError {
  return new OperatorError(
    `There is nothing to export: ${database.describe()} holds no Firebreak data.`,
    "Check FIREBREAK_HOME and DATABASE_URL: they must be those that Firebreak runs with.",
  );
}

function explainWriteError(error: unknown, file: string): unknown {
  if (!["ENOSPC", "EACCES", "ENOENT", "EISDIR", "EROFS", "ENOTDIR", "EDQUOT"].includes(codeOf(error) ?? ""))
    return error;
  return new OperatorError(
    `The export ${file} cannot be written: ${messageOf(error)}.`,
    "Name a file in a directory that exists, that you may write to, and that has space.",
    { cause: error },
  );
}
