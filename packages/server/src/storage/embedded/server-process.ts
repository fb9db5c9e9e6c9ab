import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { realpathSync } from "node:fs";
import { OperatorError } from "../../kernel/index.ts";
import type { Binaries } from "./binaries.ts";
import { databaseEnvironment } from "./binaries.ts";
import type { BoundedLog } from "./bounded-log.ts";
import type { Layout } from "./data-directory.ts";
import { nameDataDir } from "./data-directory.ts";
import { diagnoseOutput } from "./diagnose.ts";
import { toSpawnIdentity } from "./run-as.ts";
import type { RunAs } from "./run-as.ts";

/** Where the server listens. On a socket `host` is its directory. */
export interface Endpoint {
  host: string;
  port: number;
  isSocket: boolean;
}

/** sun_path holds 108 bytes with the closing zero on Linux, 104 on macOS (unix(7), unix(4)). */
const longestSocketPath = process.platform === "linux" ? 107 : 103;
const socketPort = 5432;

/** A server silent for so long while starting is stuck; during recovery it reports progress every 10 s. */
const startSilenceMs = 120_000;
const lastOutputMs = 50;
const stopSignals = [
  { signal: "SIGINT", withinMs: 20_000 },
  { signal: "SIGQUIT", withinMs: 5_000 },
  { signal: "SIGKILL", withinMs: 5_000 },
] as const;

/**
 * Sized for a laptop: the whole product stays under 250 MB idle. `fsync` and `synchronous_commit` stay on: an accepted
 * event is durable. Errors are logged without statement and detail, which may hold secrets.
 */
const settings: Readonly<Record<string, string>> = {
  jit: "off",
  max_connections: "50",
  shared_buffers: "64MB",
  work_mem: "8MB",
  maintenance_work_mem: "64MB",
  max_wal_size: "512MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_worker_processes: "4",
  autovacuum_max_workers: "2",
  huge_pages: "off",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  password_encryption: "scram-sha-256",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  log_checkpoints: "off",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  log_startup_progress_interval: "10s",
  io_method: "sync",
};

export interface RunningServer {
  pid: number;
  /** resolves when the process has ended, for whatever reason */
  exited: Promise<void>;
  stop(): Promise<void>;
}

export interface LaunchOptions {
  layout: Layout;
  binaries: Binaries;
  runAs: RunAs | undefined;
  endpoint: Endpoint;
  log: BoundedLog;
  /** false turns durability off: for tests only */
  durable: boolean;
}

/** A Unix socket in the home where its path fits, else a free port on loopback. */
export async function chooseEndpoint({ postgresDir }: Layout): Promise<Endpoint> {
  const directory = realpathSync(postgresDir);
  const fits = Buffer.byteLength(join(directory, `.s.PGSQL.${socketPort}.lock`)) <= longestSocketPath;
  if (fits && process.platform !== "win32") return { host: directory, port: socketPort, isSocket: true };
  return { host: "127.0.0.1", port: await findFreePort(), isSocket: false };
}

export async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function listArguments({ layout, runAs, endpoint, durable }: LaunchOptions): string[] {
  const dataDir = nameDataDir(layout.dataDir, runAs);
  const listening = endpoint.isSocket
    ? // relative to the data directory, where the server works: see nameDataDir
      { listen_addresses: "", unix_socket_directories: "..", unix_socket_permissions: "0700" }
    : { listen_addresses: endpoint.host, unix_socket_directories: "" };
  // one such server may serve several test files at a time
  const unsafe = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "200" };
  const all = { ...settings, ...listening, ...(durable ? {} : unsafe), port: String(endpoint.port) };
  return ["-D", dataDir, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/**
 * Starts the server in a session of its own, so that Ctrl-C reaches only Firebreak, which then stops it in order.
 *
 * @throws OperatorError when it ends before it accepts connections
 */
export async function launchServer(options: LaunchOptions): Promise<RunningServer> {
  const { layout, binaries, runAs, log } = options;
  log.clear();
  const child = spawn(binaries.postgres, listArguments(options), {
    ...toSpawnIdentity(runAs),
    cwd: layout.dataDir,
    env: databaseEnvironment,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const ready = watchOutput(child, exited, options);
  const watchdog = child.pid === undefined ? undefined : startWatchdog(child.pid, runAs);
  void exited.then(() => watchdog?.stdin?.end("done\n"));
  await ready;
  if (child.pid === undefined) throw new OperatorError("The database has no process id.", `See ${layout.logPath}.`);
  return { pid: child.pid, exited, stop: () => stopChild(child, exited) };
}

/** Resolves when the server accepts connections, rejects when it ends or falls silent before that. */
function watchOutput(child: ChildProcess, exited: Promise<void>, { layout, log }: LaunchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDecided = false;
    const silence = setTimeout(() => {
      child.kill("SIGQUIT");
      fail(`start within ${startSilenceMs / 1000} s`);
    }, startSilenceMs);
    function fail(what: string): void {
      clearTimeout(silence);
      if (!isDecided) reject(diagnoseOutput(log.recent(), layout, what));
      isDecided = true;
    }
    child.once("error", (error) => log.append(`postgres: error: ${error.message}\n`));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log.append(text);
      if (isDecided) return;
      silence.refresh();
      if (!log.recent().includes("database system is ready to accept connections")) return;
      clearTimeout(silence);
      isDecided = true;
      resolve();
    });
    // "exit" may come before the last output was read
    void exited.then(() => setTimeout(() => fail("start"), lastOutputMs));
    unref(child);
  });
}

/** The server must never keep our own process from ending. */
function unref(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stderr]) {
    if (stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}

/**
 * Ends the server when we are killed: a shell that waits on a pipe from us reads its end and asks for a fast shutdown.
 * It runs as the database's user, so a pid that was reused by someone else is out of its reach.
 */
export function startWatchdog(serverPid: number, runAs: RunAs | undefined): ChildProcess {
  const script = 'read -r word; [ "$word" = done ] || kill -INT "$1"';
  const watchdog = spawn("/bin/sh", ["-c", script, "firebreak-postgres-watchdog", String(serverPid)], {
    ...toSpawnIdentity(runAs),
    cwd: "/",
    env: databaseEnvironment,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.on("error", () => {}); // no shell: the next start finds the orphan
  watchdog.stdin?.on("error", () => {});
  unref(watchdog);
  return watchdog;
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref();
  for (const { signal, withinMs } of stopSignals) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    if (await endsWithin(exited, withinMs)) return;
  }
}

async function endsWithin(exited: Promise<void>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  const ended = await Promise.race([exited.then(() => true), timeout]);
  clearTimeout(timer);
  return ended;
}
