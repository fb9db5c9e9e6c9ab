import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Missing } from "../faults/fault.ts";

const DEBIAN = "/usr/lib/postgresql";
const HOMEBREW = ["/opt/homebrew/opt", "/usr/local/opt"];
const NEEDED = ["initdb", "postgres", "pg_dump"];
const TIMEOUT_MS = 60_000;

/** `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;

/** @returns the folder of PostgreSQL's programs, of the newest version that has all of them */
export function findPostgres(): string | undefined {
  const debian = list(DEBIAN, /^\d+$/).map((version) => path.join(DEBIAN, version, "bin"));
  const homebrew = HOMEBREW.flatMap((root) =>
    list(root, /^postgresql@\d+$/).map((formula) => path.join(root, formula, "bin")),
  );
  const versionOf = (folder: string) => Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
  return [...debian, ...homebrew]
    .filter((folder) => NEEDED.every((name) => existsSync(path.join(folder, name))))
    .toSorted((a, b) => versionOf(b) - versionOf(a))[0];
}

function list(folder: string, names: RegExp): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => names.test(name)) : [];
}

export function findMissingPostgres(): Missing[] {
  if (findPostgres() !== undefined) return [];
  return [{ what: "a PostgreSQL server", remedy: "On Debian or Ubuntu: apt-get install postgresql." }];
}

/** @throws Error where there is none; drills ask for what is missing first */
export function postgresProgram(name: "initdb" | "postgres" | "pg_dump"): string {
  const folder = findPostgres();
  if (folder === undefined) throw new Error("there is no PostgreSQL here");
  return path.join(folder, name);
}

/** Whom the server's files belong to; undefined: us. */
export function postgresUser(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
}

/** @returns the words that become the server */
export function serverCommand(data: string): string[] {
  const server = [postgresProgram("postgres"), "-D", data];
  const user = postgresUser();
  if (user === undefined) return server;
  return ["/usr/bin/setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", ...server];
}

/** Runs one of its programs as the server's user. @throws Error with what it said */
export function runAsServer(name: "initdb" | "postgres", args: readonly string[], input = ""): void {
  const run = spawnSync(postgresProgram(name), args, {
    cwd: "/",
    input,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    ...postgresUser(),
  });
  const said = `${run.stdout}${run.stderr}`.trim();
  // in its mode for a single user it ends well whatever became of a statement
  if (run.status === 0 && !/\b(?:ERROR|FATAL|PANIC):/.test(said)) return;
  throw new Error(`${name}: ${run.error?.message ?? said.slice(-500)}`);
}
