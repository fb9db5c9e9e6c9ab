import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { databaseUser, layOut, readPassword } from "./data-directory.ts";
import { findPostgresProcesses } from "./processes.ts";
import type { EmbeddedConnection } from "./start.ts";

/**
 * @returns how to reach the bundled server that another Firebreak runs on this home, or undefined when none runs; for
 *   tools that work beside it
 */
export function findRunningEmbedded(home: string): EmbeddedConnection | undefined {
  const layout = layOut(home);
  const lines = readPidFile(join(layout.dataDir, "postmaster.pid"));
  if (lines === undefined) return undefined;
  // Lines 1, 4, 6 and 8 of postmaster.pid: process, port, address (empty: socket only), status (PostgreSQL's pidfile.h)
  const [pid, , , port, , address, , status] = lines;
  const running = findPostgresProcesses(realpathSync(layout.dataDir), Number(pid));
  if (!running.some((found) => found.pid === Number(pid)) || status?.trim() !== "ready") return undefined;
  const host = address?.trim() || realpathSync(layout.postgresDir);
  return { host, port: Number(port), user: databaseUser, password: readPassword(layout), database: "postgres" };
}

function readPidFile(path: string): string[] | undefined {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n") : undefined;
}
