import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { codeOf, messageOf, OperatorError } from "../../kernel/index.ts";
import type { Clock, Logger } from "../../kernel/index.ts";
import { locateNativeDir, prepareBinaries } from "./binaries.ts";
import { openBoundedLog } from "./bounded-log.ts";
import { databaseUser, layOut, prepareDataDirectory, readPassword } from "./data-directory.ts";
import type { Layout } from "./data-directory.ts";
import { diagnoseOutput } from "./diagnose.ts";
import { acquireHomeLock } from "./home-lock.ts";
import type { HomeLock } from "./home-lock.ts";
import { stopOrphan } from "./orphan.ts";
import { chooseRunAs } from "./run-as.ts";
import { chooseEndpoint, launchServer } from "./server-process.ts";
import type { LaunchOptions, RunningServer } from "./server-process.ts";

export interface EmbeddedConnection {
  /** a directory that holds the Unix socket, or a loopback address */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export interface EmbeddedPostgres {
  connection: EmbeddedConnection;
  /** of the postmaster; changes when the server had to be started again */
  readonly pid: number;
  /** such as 18.4 */
  version: string;
  /** tells a second starter where this one answers */
  setAddress: (address: string) => void;
  stop: () => Promise<void>;
}

export interface EmbeddedOptions {
  /** FIREBREAK_HOME */
  home: string;
  clock: Clock;
  logger: Logger;
  signal?: AbortSignal;
  /** where the PostgreSQL programs are; default: the installed npm package */
  nativeDir?: string;
  /** where a copy of them goes if the database's user cannot read them there; default /var/cache/firebreak for root */
  cacheDir?: string;
  /** false gives up durability for speed: tests only */
  durable?: boolean;
}

/** Waits before starting a server again that ended by itself; the last repeats. */
const restartDelaysMs = [100, 1_000, 5_000, 15_000] as const;

/**
 * Starts the bundled PostgreSQL on the data in `<home>/postgres`, which it creates if there is none.
 *
 * @throws OperatorError: home in use, disk full, data damaged or of another major version, programs missing or not
 *   runnable; each with the way out
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  let lock: HomeLock | undefined;
  try {
    lock = acquireHomeLock(options);
    return await startLocked(options, lock);
  } catch (error) {
    lock?.release();
    throw explainFileError(error, layOut(options.home));
  }
}

/** What our own file operations in the home meet. */
function explainFileError(error: unknown, layout: Layout): unknown {
  const reason = new Map([
    ["ENOSPC", "No space left on device"],
    ["EDQUOT", "Disk quota exceeded"],
    ["EACCES", "Permission denied"],
    ["EPERM", "Operation not permitted"],
    ["EROFS", "Read-only file system"],
  ]).get(codeOf(error) ?? "");
  if (reason === undefined || error instanceof OperatorError) return error;
  return diagnoseOutput(`${reason}: ${messageOf(error)}`, layout, "start");
}

async function startLocked(options: EmbeddedOptions, lock: HomeLock): Promise<EmbeddedPostgres> {
  const { home, clock, logger, signal } = options;
  const layout = layOut(home);
  const runAs = chooseRunAs(layout.dataDir);
  const binaries = prepareBinaries(findSources(options), runAs);
  await stopOrphan(layout, clock, logger);
  prepareDataDirectory(layout, binaries, runAs, options.durable ?? true);
  signal?.throwIfAborted();
  const password = readPassword(layout);
  const log = openBoundedLog(layout.logPath);
  const launch = async (): Promise<LaunchOptions> => ({
    layout,
    binaries,
    runAs,
    log,
    endpoint: await chooseEndpoint(layout),
    durable: options.durable ?? true,
  });
  const { server, launchOptions } = await launchWithRetry(launch);
  const keeper = keepRunning(server, launchOptions, options);
  const { host, port } = launchOptions.endpoint;
  const embedded: EmbeddedPostgres = {
    connection: { host, port, user: databaseUser, password, database: "postgres" },
    get pid() {
      return keeper.pid();
    },
    version: binaries.version,
    setAddress: (address) => lock.setAddress(address),
    stop: async () => {
      await keeper.stop();
      lock.release();
    },
  };
  if (signal?.aborted) {
    await keeper.stop();
    signal.throwIfAborted();
  }
  return embedded;
}

/** A free port may be taken between finding and using it. */
async function launchWithRetry(
  choose: () => Promise<LaunchOptions>,
): Promise<{ server: RunningServer; launchOptions: LaunchOptions }> {
  for (let attempt = 1; ; attempt += 1) {
    const launchOptions = await choose();
    try {
      return { server: await launchServer(launchOptions), launchOptions };
    } catch (error) {
      if (launchOptions.endpoint.isSocket || attempt === 3 || !messageOf(error).includes("socket")) throw error;
    }
  }
}

function findSources({ home, nativeDir = locateNativeDir(), cacheDir }: EmbeddedOptions): {
  nativeDir: string;
  cacheDir: string;
} {
  const root = process.getuid?.() === 0 ? "/var/cache/firebreak" : join(home, "cache");
  return { nativeDir, cacheDir: cacheDir ?? join(root, `postgresql-${readPackageVersion(nativeDir)}`) };
}

function readPackageVersion(nativeDir: string): string {
  const path = join(dirname(nativeDir), "package.json");
  try {
    return z.object({ version: z.string().regex(/^[\w.+-]+$/) }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
  } catch (error) {
    throw new OperatorError(
      `The bundled PostgreSQL in ${nativeDir} is incomplete: ${path}: ${messageOf(error)}.`,
      `Install again with "npm ci".`,
      { cause: error },
    );
  }
}

interface Keeper {
  pid(): number;
  stop(): Promise<void>;
}

/** Starts the server again when it ends by itself (killed, disk full), until `stop`. */
function keepRunning(first: RunningServer, launchOptions: LaunchOptions, { clock, logger }: EmbeddedOptions): Keeper {
  let server = first;
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await server.exited;
      if (stopping.signal.aborted) return;
      logger.error("the database ended by itself; starting it again", {
        lastLines: launchOptions.log.recent().split("\n").slice(-3),
      });
      const next = await relaunch(launchOptions, clock, logger, stopping.signal);
      if (next !== undefined) server = next;
    }
  })();
  return {
    pid: () => server.pid,
    stop: async () => {
      stopping.abort();
      await server.stop();
      await loop;
      await server.stop();
    },
  };
}

async function relaunch(
  options: LaunchOptions,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await delay(restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)], undefined, { signal, ref: false });
      await stopOrphan(options.layout, clock, logger);
      return await launchServer(options);
    } catch (error) {
      if (!signal.aborted)
        logger.error("the database does not start", { problem: describeFailure(error), log: options.layout.logPath });
    }
  }
  return undefined;
}

function describeFailure(error: unknown): string {
  return error instanceof OperatorError ? `${error.message} ${error.remedy}` : messageOf(error);
}
