import path from "node:path";
import { lstat, realpath } from "node:fs/promises";
import type { Client } from "pg";
import { z } from "zod";
import { codeOf, messageOf, openFolder } from "../../../kernel/index.ts";
import type { EffectorContext } from "../../effector.ts";
import {
  connectRedis,
  countKeys,
  postgresName,
  readInfo,
  redisName,
  withPostgres,
  withRedis,
} from "../databases/index.ts";
import type { PostgresServer, RedisServer } from "../databases/index.ts";
import { isWithin } from "../is-within.ts";
import { BackupFault } from "./open-backup.ts";
import { packFolder } from "./pack-folder.ts";
import { findPostgresProgram, runPostgresProgram } from "./postgres-programs.ts";

/** What is backed up: a stream of it, and what is known of it once the stream was read. */
export interface BackupSource {
  /** for people, without a password */
  readonly what: string;
  /** of the file's name: `orders-postgres` */
  readonly series: string;
  readonly extension: string;
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** after the stream was read */
  facts(): { readonly entries: number | null; readonly rows: number | null; readonly notes: readonly string[] };
}

const plain = (text: string) =>
  text
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60) || "root";

/** @throws BackupFault for a folder that is not backed up */
export async function folderSource(ctx: EffectorContext, given: string, to: string): Promise<BackupSource> {
  const folder = await realpath(given).catch((fault: unknown) => {
    throw new BackupFault(`${given} cannot be read (${codeOf(fault) ?? messageOf(fault)})`);
  });
  if (!(await lstat(folder)).isDirectory()) throw new BackupFault(`${given} is no folder`);
  const home = await realpath(ctx.home);
  if (isWithin(home, folder) || isWithin(folder, home)) {
    throw new BackupFault(`${given} holds Firebreak's own secrets, or lies among them: use firebreak db export`);
  }
  if (isWithin(to, folder)) throw new BackupFault(`${to} lies in what is backed up`);
  const head = { format: "firebreak.backup/1", source: folder };
  let known = { entries: null as number | null, notes: [] as string[] };
  return {
    what: `the folder ${folder}`,
    series: `${plain(path.basename(folder))}-folder`,
    extension: "tar.zst",
    read: async function* (signal) {
      const open = await openFolder(folder);
      try {
        const packing = packFolder(open, head, signal, ({ files, unsteady, special }) => {
          const notes = [
            ...(unsteady.length > 0
              ? [`${unsteady.length} file(s) were written while they were read, as ${unsteady[0]}`]
              : []),
            ...(special > 0 ? [`${special} pipe(s), socket(s) or device(s) are not kept`] : []),
          ];
          known = { entries: files, notes };
        });
        yield* packLater(packing);
      } finally {
        await open.close();
      }
    },
    facts: () => ({ ...known, rows: null }),
  };
}

export async function redisSource(ctx: EffectorContext, place: RedisServer): Promise<BackupSource> {
  const info = await withRedis(place, ctx.signal, readInfo);
  const entries = countKeys(info);
  return {
    what: redisName(place),
    series: `${plain(`${place.host}-${place.port}`)}-redis`,
    extension: "rdb.zst",
    read: (signal) => packLater(readDumpOf(place, signal)),
    facts: () => ({ entries, rows: null, notes: [] }),
  };
}

const DUMP_MS = 280_000;

export async function* readDumpOf(place: RedisServer, signal: AbortSignal): AsyncGenerator<Buffer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DUMP_MS)]);
  const redis = await connectRedis(place, limited);
  try {
    yield* redis.readDump();
  } finally {
    redis.close();
  }
}

const server = z.object({ version: z.coerce.number(), tables: z.coerce.number() });
const FACTS = `select current_setting('server_version_num')::int / 10000 as version,
  (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema') as tables`;

/** @throws ProgramFault when pg_dump is missing or older than the server */
export async function postgresSource(
  ctx: EffectorContext,
  place: PostgresServer,
  programs: string | undefined,
): Promise<BackupSource> {
  const { version, tables, rows } = await withPostgres(
    place,
    ctx.signal,
    async (client) => ({ ...server.parse((await client.query(FACTS)).rows[0]), rows: await countRows(client) }),
    COUNT_MS,
  );
  const program = await findPostgresProgram("pg_dump", programs, version);
  return {
    what: postgresName(place),
    series: `${plain(place.database)}-postgres`,
    extension: "dump",
    read: (signal) => runPostgresProgram({ argv: [program, "--format=custom", "--no-password"], place, signal }),
    facts: () => ({ entries: tables, rows, notes: [] }),
  };
}

const COUNT_MS = 30_000;
const COUNT = `select coalesce(sum((xpath('/row/c/text()', query_to_xml(
    format('select count(*) as c from %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::bigint), 0) as rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** @returns how many rows the tables hold; null when they cannot be counted in time */
export async function countRows(client: Client): Promise<number | null> {
  try {
    const { rows } = await client.query(COUNT);
    return z.object({ rows: z.coerce.number() }).parse(rows[0]).rows;
  } catch {
    return null; // too many, or not to be read: a backup is made all the same
  }
}

/** The room of evidence brings the database with it, which no command has to load that makes no backup. */
async function* packLater(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { packZstd } = await import("../../../evidence/index.ts");
  yield* packZstd(source);
}
