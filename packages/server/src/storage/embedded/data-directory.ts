import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, messageOf, OperatorError } from "../../kernel/index.ts";
import type { Binaries } from "./binaries.ts";
import { databaseEnvironment } from "./binaries.ts";
import { describeDamage, describeOtherMajor, diagnoseOutput } from "./diagnose.ts";
import { giveTo, toSpawnIdentity } from "./run-as.ts";
import type { RunAs } from "./run-as.ts";

export interface Layout {
  home: string;
  /** owned by the database's user; holds the socket and the data directory */
  postgresDir: string;
  dataDir: string;
  logPath: string;
  passwordPath: string;
}

export const databaseUser = "firebreak";

export function layOut(home: string): Layout {
  const postgresDir = join(home, "postgres");
  return {
    home,
    postgresDir,
    dataDir: join(postgresDir, "data"),
    logPath: join(home, "logs", "postgres.log"),
    passwordPath: join(home, "secrets", "postgres"),
  };
}

/**
 * The data directory as a program that runs under another user must name it. Its ancestors (a home of mode 0700 under
 * /root) may be closed to that user, so on Linux it is reached by the working directory: Node enters it before it gives
 * up root, and /proc/self/cwd leads there without a walk from the root. PostgreSQL stays in its data directory.
 */
export function nameDataDir(dataDir: string, runAs: RunAs | undefined): string {
  return runAs !== undefined && process.platform === "linux" ? "/proc/self/cwd" : dataDir;
}

/** @throws OperatorError for a full disk, a damaged directory, one of another major version */
export function prepareDataDirectory(
  layout: Layout,
  binaries: Binaries,
  runAs: RunAs | undefined,
  durable: boolean,
): void {
  makePrivate(layout.home);
  mkdirSync(layout.postgresDir, { recursive: true, mode: 0o700 });
  if (statSync(layout.postgresDir).uid !== runAs?.uid) giveTo(layout.postgresDir, runAs);
  if (existsSync(layout.dataDir)) checkDataDirectory(layout, binaries);
  else createDataDirectory(layout, binaries, runAs, durable);
}

function makePrivate(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(home);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(home, 0o700);
}

function checkDataDirectory(layout: Layout, binaries: Binaries): void {
  const version = readQuietly(join(layout.dataDir, "PG_VERSION"))?.trim();
  if (version === undefined) throw describeDamage("its file PG_VERSION is missing", layout);
  if (!/^\d+$/.test(version)) throw describeDamage("its file PG_VERSION does not hold a version", layout);
  if (Number(version) !== binaries.majorVersion) throw describeOtherMajor(version, binaries.majorVersion, layout);
  if (!existsSync(join(layout.dataDir, "global", "pg_control"))) {
    throw describeDamage("its file global/pg_control is missing", layout);
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Made beside its final place and renamed when complete, so that a crash never leaves half a data directory. */
function createDataDirectory(layout: Layout, binaries: Binaries, runAs: RunAs | undefined, durable: boolean): void {
  const draft = join(layout.postgresDir, "data.new");
  const passwordFile = join(layout.postgresDir, "initdb-password");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  giveTo(draft, runAs);
  rmSync(passwordFile, { force: true });
  // "wx" follows no link that the database's user may have laid in its own directory
  writeFileSync(passwordFile, createPassword(layout), { mode: 0o600, flag: "wx" });
  giveTo(passwordFile, runAs);
  try {
    runInitdb(layout, draft, binaries, runAs, durable);
    renameSync(draft, layout.dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function runInitdb(
  layout: Layout,
  draft: string,
  binaries: Binaries,
  runAs: RunAs | undefined,
  durable: boolean,
): void {
  const named = nameDataDir(draft, runAs);
  const options = [
    `--pgdata=${named}`,
    `--username=${databaseUser}`,
    // not `join`, which would fold "/proc/self/cwd/.." into "/proc/self"
    `--pwfile=${named}/../initdb-password`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The same order and case rules on every machine; libc's change with the distribution and break indexes.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    ...(durable ? [] : ["--no-sync"]),
  ];
  const { status, stdout, stderr, error } = spawnSync(binaries.initdb, options, {
    ...toSpawnIdentity(runAs),
    cwd: draft,
    env: databaseEnvironment,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (status !== 0)
    throw diagnoseOutput(`${stdout}\n${stderr}\n${error?.message ?? ""}`.trim(), layout, "create its data directory");
}

function createPassword({ home, passwordPath }: Layout): string {
  const password = randomBytes(24).toString("base64url");
  mkdirSync(join(home, "secrets"), { recursive: true, mode: 0o700 });
  writeFileSync(passwordPath, password, { mode: 0o600 });
  chmodSync(passwordPath, 0o600);
  return password;
}

/** @throws OperatorError when the password file is gone */
export function readPassword({ passwordPath, home, dataDir }: Layout): string {
  try {
    return readFileSync(passwordPath, "utf8").trim();
  } catch (error) {
    throw new OperatorError(
      `The database's password file ${passwordPath} cannot be read (${codeOf(error) ?? messageOf(error)}), but ${dataDir} holds data.`,
      `Restore ${passwordPath} from the backup of ${home}, readable by the user who starts Firebreak.`,
      { cause: error },
    );
  }
}
