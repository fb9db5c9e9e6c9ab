import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { databaseEnvironment } from "./embedded/binaries.ts";
import { chooseRunAs, giveTo, toSpawnIdentity } from "./embedded/run-as.ts";
import { findFreePort, startWatchdog } from "./embedded/server-process.ts";
import type { EmbeddedConnection } from "./embedded/start.ts";

const distributionDir = "/usr/lib/postgresql";

/**
 * Starts a private server from the distribution's PostgreSQL, for tests: on loopback, without fsync, ended by a
 * watchdog with this process.
 *
 * @param home an existing directory of ours; the caller removes it
 * @throws Error when the distribution's PostgreSQL is not installed
 */
export async function startDistributionServer(home: string): Promise<EmbeddedConnection> {
  const bin = findDistribution();
  const dataDir = join(home, "postgres", "data");
  const runAs = chooseRunAs(dataDir);
  chmodSync(home, 0o755);
  mkdirSync(dataDir, { recursive: true });
  for (const path of [join(home, "postgres"), dataDir]) giveTo(path, runAs);
  const password = "only-for-tests";
  const passwordFile = join(home, "postgres", "password");
  writeFileSync(passwordFile, password);
  const made = spawnSync(
    join(bin, "initdb"),
    [
      "-D",
      dataDir,
      "-U",
      "firebreak",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "--no-sync",
    ],
    { ...toSpawnIdentity(runAs), env: databaseEnvironment, encoding: "utf8", cwd: dataDir },
  );
  rmSync(passwordFile);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await findFreePort();
  const options = { fsync: "off", listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port) };
  await launch(
    join(bin, "postgres"),
    ["-D", dataDir, ...Object.entries(options).flatMap(([k, v]) => ["-c", `${k}=${v}`])],
    runAs,
  );
  return { host: "127.0.0.1", port, user: "firebreak", password, database: "postgres" };
}

/** The newest installed, as Debian and its relatives lay it out. */
function findDistribution(): string {
  const versions = existsSync(distributionDir) ? readdirSync(distributionDir).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((version) => version >= 15));
  if (newest === 0) {
    throw new Error(`this test needs PostgreSQL 15 or newer in ${distributionDir}: apt-get install postgresql`);
  }
  return join(distributionDir, String(newest), "bin");
}

function launch(program: string, args: string[], runAs: ReturnType<typeof chooseRunAs>): Promise<void> {
  const child = spawn(program, args, {
    ...toSpawnIdentity(runAs),
    env: databaseEnvironment,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (child.pid !== undefined) startWatchdog(child.pid, runAs);
  return new Promise((resolve, reject) => {
    let output = "";
    child.once("exit", () => reject(new Error(`postgres ended: ${output}`)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-10_000);
      if (!output.includes("ready to accept connections")) return;
      child.unref();
      if ("unref" in child.stderr && typeof child.stderr.unref === "function") child.stderr.unref();
      resolve();
    });
  });
}
