import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { messageOf } from "../../../kernel/index.ts";
import { runSystemProgram } from "../../system-program.ts";
import type { PostgresServer } from "../databases/index.ts";
import { BackupFault } from "./open-backup.ts";

/** PostgreSQL's own programs are not there, or are too old for the server. */
export class ProgramFault extends Error {
  override readonly name = "ProgramFault";
}

const DEBIAN = "/usr/lib/postgresql";
const PLACES = [
  "/opt/homebrew/opt/libpq/bin",
  "/usr/local/opt/libpq/bin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/pgsql/bin",
  "/usr/bin",
];

/** @param given the profile's `effectors.postgres.programs` */
function foldersOf(given: string | undefined): string[] {
  if (given !== undefined) return [given];
  const versions = listDebian().toSorted((a, b) => b - a);
  return [...versions.map((version) => `${DEBIAN}/${version}/bin`), ...PLACES];
}

function listDebian(): number[] {
  try {
    return readdirSync(DEBIAN).map(Number).filter(Number.isInteger);
  } catch {
    return []; // another system
  }
}

/**
 * @param serverMajor the oldest version that will do: pg_dump refuses newer servers
 * @returns the program's path
 * @throws ProgramFault with the remedy
 */
export async function findPostgresProgram(
  name: "pg_dump" | "pg_restore" | "psql",
  given: string | undefined,
  serverMajor: number,
): Promise<string> {
  let newest = 0;
  for (const folder of foldersOf(given)) {
    const file = `${folder}/${name}`;
    const major = isExecutable(file) ? await majorOf(file) : 0;
    if (major >= serverMajor && major > 0) return file;
    newest = Math.max(newest, major);
  }
  const found = newest === 0 ? `${name} is not on this machine` : `${name} here is of version ${newest}`;
  throw new ProgramFault(
    `${found}, and ${serverMajor} or newer is needed; install postgresql-client-${serverMajor}, or set effectors.postgres.programs in the profile`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function majorOf(file: string): Promise<number> {
  const { stdout } = await runSystemProgram([file, "--version"]);
  return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
}

/** The password goes by the environment: command lines are seen by everybody. */
async function environmentOf(place: PostgresServer | null, signal: AbortSignal): Promise<Record<string, string>> {
  const plain = {
    PATH: "/usr/bin:/bin",
    LC_ALL: "C",
    HOME: "/nonexistent",
    PGPASSFILE: "/dev/null",
    PGSERVICEFILE: "/dev/null",
  };
  if (place === null) return plain;
  const { host, port, socket, user, password, database, addressOf } = place;
  return {
    ...plain,
    PGHOST: socket ?? host,
    ...(socket === undefined ? { PGHOSTADDR: await addressOf(host, port, signal) } : {}),
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGCONNECT_TIMEOUT: "10",
    PGAPPNAME: "firebreak",
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  };
}

export interface PostgresRun {
  readonly argv: readonly string[];
  /** the server it speaks to; null: none */
  readonly place: PostgresServer | null;
  readonly signal: AbortSignal;
  readonly input?: AsyncIterable<Uint8Array>;
}

/**
 * Runs one of PostgreSQL's programs and gives what it prints as it comes.
 *
 * @throws BackupFault when it does not end with 0
 */
export async function* runPostgresProgram({ argv, place, signal, input }: PostgresRun): AsyncGenerator<Buffer> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, {
    env: await environmentOf(place, signal),
    cwd: "/",
    stdio: "pipe",
    signal,
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close").then(
    ([code]) => (typeof code === "number" ? code : -1),
    (fault: unknown) => messageOf(fault),
  );
  const errors = text(child.stderr).catch(() => "");
  const feeding =
    input === undefined
      ? Promise.resolve(child.stdin.end()).then(() => null)
      : pipeline(Readable.from(input), child.stdin).then(
          () => null,
          (fault: unknown) => fault,
        );
  try {
    for await (const piece of child.stdout) yield Buffer.from(piece);
    const inputFault = await feeding;
    const code = await ended;
    if (inputFault instanceof BackupFault) throw inputFault;
    if (code !== 0)
      throw new BackupFault(
        `${file} ${typeof code === "number" ? `ended with ${code}` : code}: ${firstLines(await errors)}`,
      );
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function firstLines(said: string): string {
  return said.trim().split("\n").slice(0, 3).join(" ").slice(0, 500);
}

/** For what is run for its effect; what it prints is not kept. @throws BackupFault */
export async function runForEffect(run: PostgresRun): Promise<void> {
  for await (const _piece of runPostgresProgram(run));
}
