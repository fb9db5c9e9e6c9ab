import { randomBytes } from "node:crypto";
import { escapeIdentifier } from "pg";
import type { Client } from "pg";
import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { EffectorContext, EffectorOutcome } from "../../effector.ts";
import { runSystemProgram } from "../../system-program.ts";
import { postgresName, withPostgres } from "../databases/index.ts";
import type { PostgresServer } from "../databases/index.ts";
import { openBackup } from "./open-backup.ts";
import { findPostgresProgram, ProgramFault, runForEffect } from "./postgres-programs.ts";
import { lossOf, markOf } from "./restore-plan.ts";
import type { RestorePlan, Restorer } from "./restore-plan.ts";
import { countRows } from "./sources.ts";
import { restrictScript } from "./sql-script.ts";

const record = z.object({
  /** the database's oid before; null when it was not there */
  before: z.string().nullable(),
  /** of what was restored; null before it was */
  restored: z.string().nullable(),
  isProduction: z.boolean(),
});

/** A database is restored under another name and takes its place by renaming; what was there keeps a name of its own. */
export function postgresRestorer(place: PostgresServer): Restorer {
  const what = postgresName(place);
  return {
    what,
    refuse: (ctx, isProduction) =>
      atServer(place, ctx.signal, async (client) => {
        if (isProduction || (await oidOf(client, place.database)) === null) return null;
        const message = `${what} is there: staging needs a database that is not there, and makes it`;
        return { reason: "conflict", message };
      }),
    restore: (ctx, plan) => restore(ctx, plan, place),
    verify: async (ctx) => {
      const known = readEffectRecord(ctx, record);
      if (known?.restored == null)
        return { ok: false, reason: "unverified", message: "nothing was restored by this step" };
      const now = await atServer(place, ctx.signal, (client) => oidOf(client, place.database));
      if (now === known.restored) return { ok: true, output: {}, message: `${what} is what was restored` };
      return { ok: false, reason: "unverified", message: `${what} is not what was restored` };
    },
    undo: (ctx) => undo(ctx, place),
  };
}

/** At a database that is not the one that is renamed. */
function atServer<T>(place: PostgresServer, signal: AbortSignal, act: (client: Client) => Promise<T>): Promise<T> {
  const database = place.database === "postgres" ? "template1" : "postgres";
  return withPostgres({ ...place, database }, signal, act, 60_000);
}

async function oidOf(client: Client, name: string): Promise<string | null> {
  const { rows } = await client.query("select oid::text as oid from pg_database where datname = $1", [name]);
  return z.array(z.object({ oid: z.string() })).parse(rows)[0]?.oid ?? null;
}

function namesOf(ctx: EffectorContext, { database }: PostgresServer) {
  const [base, mark] = [database.slice(0, 36), markOf(ctx)];
  return { fresh: `${base}_restoring_${mark}`, before: `${base}_before_${mark}`, undone: `${base}_undone_${mark}` };
}

async function restore(ctx: EffectorContext, plan: RestorePlan, place: PostgresServer): Promise<EffectorOutcome> {
  const names = namesOf(ctx, place);
  const known = readEffectRecord(ctx, record);
  const facts = await atServer(place, ctx.signal, async (client) => {
    const now = await oidOf(client, place.database);
    if (known?.restored != null && now === known.restored) return { isDone: true, before: known.before };
    const before = known === null ? now : known.before;
    writeEffectRecord(ctx, { before, restored: null, isProduction: plan.isProduction });
    await client.query(`drop database if exists ${escapeIdentifier(names.fresh)} with (force)`);
    await client.query(await creationOf(client, names.fresh, place.database));
    return { isDone: false, before };
  });
  const what = postgresName(place);
  if (facts.isDone) return { ok: true, output: { restored: what }, message: `${what} is what was restored` };
  const fresh = { ...place, database: names.fresh };
  await fill(ctx, plan, fresh);
  const [rowsBefore, rows] = [await rowsOf(ctx, place, facts.before), await rowsOf(ctx, fresh, names.fresh)];
  await atServer(place, ctx.signal, async (client) => {
    const restored = await oidOf(client, names.fresh);
    writeEffectRecord(ctx, { before: facts.before, restored, isProduction: plan.isProduction });
    if (facts.before !== null) await rename(client, place.database, names.before);
    await rename(client, names.fresh, place.database);
  });
  const lost = lossOf(ctx, plan.madeAtMs, {
    rows: rowsBefore === null || rows === null ? null : Math.max(0, rowsBefore - rows),
  });
  const aside = facts.before === null ? null : names.before;
  const output = { restored: what, entries: plan.checked.entries, rows, lost, aside };
  const kept = aside === null ? "" : `; what was there is the database ${aside}`;
  return { ok: true, output, message: `${what} is restored${rows === null ? "" : `, with ${rows} rows`}${kept}` };
}

/** Like the one whose place it takes: its encoding and its way of sorting. */
async function creationOf(client: Client, fresh: string, like: string): Promise<string> {
  const { rows } = await client.query(
    "select pg_encoding_to_char(encoding) as encoding, datcollate, datctype from pg_database where datname = $1",
    [like],
  );
  const found = z
    .array(z.object({ encoding: z.string(), datcollate: z.string(), datctype: z.string() }))
    .parse(rows)[0];
  const create = `create database ${escapeIdentifier(fresh)} template template0`;
  if (found === undefined) return create;
  const { encoding, datcollate, datctype } = found;
  return `${create} encoding ${literal(encoding)} lc_collate ${literal(datcollate)} lc_ctype ${literal(datctype)}`;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

async function fill(ctx: EffectorContext, plan: RestorePlan, fresh: PostgresServer): Promise<void> {
  const backup = await openBackup(plan.file, plan.key, ctx.signal);
  try {
    const run = { place: fresh, signal: ctx.signal };
    if (backup.content === "postgres-custom") {
      const program = await findPostgresProgram("pg_restore", plan.programs, 1);
      const isSuper = await withPostgres(fresh, ctx.signal, isSuperuser);
      // who is no superuser cannot give things to others
      const owners = isSuper ? [] : ["--no-owner", "--no-privileges"];
      const argv = [program, "--exit-on-error", "--no-password", ...owners, `--dbname=${fresh.database}`];
      await runForEffect({ ...run, argv, input: backup.bytes });
    } else {
      const program = await findPostgresProgram("psql", plan.programs, 1);
      await expectRestricting(program);
      const argv = [program, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"];
      await runForEffect({ ...run, argv, input: restrictScript(backup.bytes, randomBytes(24).toString("hex")) });
    }
  } finally {
    await backup.bytes.return(undefined);
    await backup.close();
  }
}

async function isSuperuser(client: Client): Promise<boolean> {
  const { rows } = await client.query("select rolsuper from pg_roles where rolname = current_user");
  return z.array(z.object({ rolsuper: z.boolean() })).parse(rows)[0]?.rolsuper ?? false;
}

/** Since when psql knows \restrict (CVE-2025-8714), by its major version; a script could have an older one start programs. */
const RESTRICTING: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

async function expectRestricting(program: string): Promise<void> {
  const { stdout } = await runSystemProgram([program, "--version"]);
  const [, major = 0, minor = 0] = (/\(PostgreSQL\) (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major >= 18 || minor >= (RESTRICTING[major] ?? Number.POSITIVE_INFINITY)) return;
  throw new ProgramFault(
    `${program} is of version ${major}.${minor}, which would run what a script says beside SQL; update it, or restore a dump in pg_dump's custom format`,
  );
}

/** @param isThere null: it is not */
async function rowsOf(ctx: EffectorContext, place: PostgresServer, isThere: string | null): Promise<number | null> {
  if (isThere === null) return null;
  return withPostgres(place, ctx.signal, countRows, 30_000).catch(() => null); // a damaged one cannot be counted
}

/** Nobody may be connected to what is renamed. */
async function rename(client: Client, from: string, to: string): Promise<void> {
  const [old, fresh] = [escapeIdentifier(from), escapeIdentifier(to)];
  await client.query(`alter database ${old} with allow_connections false`);
  try {
    await client.query("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1", [from]);
    await client.query(`alter database ${old} rename to ${fresh}`);
  } catch (fault) {
    await client.query(`alter database ${old} with allow_connections true`).catch(() => undefined);
    throw fault;
  }
  await client.query(`alter database ${fresh} with allow_connections true`);
}

async function undo(ctx: EffectorContext, place: PostgresServer): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record);
  if (known === null) return { ok: true, output: {}, message: "nothing is to be put back" };
  const names = namesOf(ctx, place);
  const what = postgresName(place);
  const message = await atServer(place, ctx.signal, async (client) => {
    await client.query(`drop database if exists ${escapeIdentifier(names.fresh)} with (force)`);
    const now = await oidOf(client, place.database);
    const isRestored = known.restored !== null && now === known.restored;
    if (isRestored) await rename(client, place.database, names.undone);
    const before = await oidOf(client, names.before);
    if (known.before !== null && before === known.before) await rename(client, names.before, place.database);
    if (!isRestored) return `${what} is as it was before`;
    // work on what was restored is kept where people may have worked on it
    if (known.isProduction) return `${what} is as it was before; what was restored is the database ${names.undone}`;
    await client.query(`drop database if exists ${escapeIdentifier(names.undone)} with (force)`);
    return `${what} is gone again`;
  });
  removeEffectRecord(ctx);
  return { ok: true, output: {}, message };
}
