import { spawnSync } from "node:child_process";
import { appendFileSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { findFreePort } from "./free-port.ts";
import { findMissingPostgres, postgresUser, runAsServer, serverCommand } from "./postgres-programs.ts";
import { mountDisk } from "../sandbox/mount-disk.ts";
import { secretOf } from "./sandbox-secret.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";
import { defineService } from "./service.ts";

const name = z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, "use small letters, digits and _");

/** What the drill's users know of their data: how many rows it had. */
const SEED_ROWS = 500;
const SEED = [
  "create table agent_audit_logs (id bigint primary key, at timestamptz not null default now(), note text not null)",
  `insert into agent_audit_logs (id, note) select i, repeat('what the agent did ', 10) from generate_series(1, ${SEED_ROWS}) i`,
];

/** A real PostgreSQL, on loopback, with its data in the sandbox, checksums on its pages and a table `agent_audit_logs`. */
export const postgres = defineService({
  kind: "postgres",
  about:
    "a real PostgreSQL on loopback, with checksums on its pages and a table `agent_audit_logs`; `user`, `database` (`null`: none), `secret`, `diskMegabytes` (a disk of its own, in memory, of that size); needs Debian's or Homebrew's postgresql",
  facts: ["port", "folder", "disk", "data", "log", "user", "password", "database", "rows"],
  parameters: z.strictObject({
    user: name.default("empire"),
    /** null: none but those that every server has */
    database: name.nullable().default("aiempire"),
    /** what its user's password is called among the secrets; two servers with one name have one password */
    secret: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,60}$/)
      .default("AIEMPIRE_POSTGRES"),
    /** its data lies on a disk of its own of this size, in memory; left out: on that of the sandbox */
    diskMegabytes: z.number().int().min(96).max(512).optional(),
  }),
  findMissing: findMissingPostgres,
  prepare: async (sandbox, service, { user, database, secret, diskMegabytes }) => {
    const disk = path.join(sandbox.folder, "services", service, "disk");
    mkdirSync(disk, { recursive: true, mode: 0o755 });
    if (diskMegabytes !== undefined) mountDisk(disk, diskMegabytes);
    const folder = makeReachable(sandbox, service);
    const data = path.join(folder, "disk", "data");
    const logs = path.join(folder, "log");
    const owner = postgresUser();
    for (const made of [data, logs]) {
      mkdirSync(made, { mode: 0o700 });
      if (owner !== undefined) chownSync(made, owner.uid, owner.gid);
    }
    const password = secretOf(sandbox, secret);
    const port = await findFreePort();
    makeCluster({ folder, data, logs, user, password, port });
    if (database !== null) {
      runAsServer("postgres", singleUser(data, "postgres"), `create database ${database}\n`);
      runAsServer("postgres", singleUser(data, database), `${SEED.join("\n")}\n`);
    }
    const log = path.join(logs, "postgresql.log");
    const check = { kind: "postgres", port, user, database: database ?? "postgres", passwordEnv: secret };
    return {
      facts: { port, folder, disk, data, log, user, password, database: database ?? "postgres", rows: SEED_ROWS },
      entry: { command: { start: serverCommand(data), folder: "/" }, check, logs: [log] },
    };
  },
});

/**
 * @returns the service's folder by a path on which every user gets there: that of the sandbox is closed to all but its owner, and
 *   as root the server is another
 */
function makeReachable(sandbox: Sandbox, service: string): string {
  const folder = path.join(sandbox.folder, "services", service);
  if (postgresUser() === undefined) return folder;
  if (sandbox.isolation !== "namespaces") {
    throw new Error("PostgreSQL refuses to run as root; drill it in namespaces, or as another user");
  }
  // of the sandbox alone, as all of /run is
  const place = path.join("/run", service);
  mkdirSync(place);
  const { status, stderr } = spawnSync("mount", ["--rbind", folder, place], { encoding: "utf8" });
  if (status !== 0) throw new Error(`mount: ${stderr.trim()}`);
  return place;
}

function singleUser(data: string, database: string): string[] {
  return ["--single", "-D", data, "-c", "logging_collector=off", database];
}

interface Cluster {
  readonly folder: string;
  readonly data: string;
  /** where it says what it does: never on a disk that a drill fills */
  readonly logs: string;
  readonly user: string;
  readonly password: string;
  readonly port: number;
}

function makeCluster({ folder, data, logs, user, password, port }: Cluster): void {
  const passwordFile = path.join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const owner = postgresUser();
  const options = ["--data-checksums", "--wal-segsize=1", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"];
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  runAsServer("initdb", ["-D", data, "-U", user, `--pwfile=${passwordFile}`, "--no-sync", ...options]);
  rmSync(passwordFile);
  const settings = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    "unix_socket_directories = ''",
    "max_connections = 20",
    "shared_buffers = '16MB'",
    "max_wal_size = '32MB'",
    "min_wal_size = '4MB'",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "logging_collector = on",
    `log_directory = '${logs}'`,
    "log_filename = 'postgresql.log'",
    "log_rotation_age = 0",
    "log_timezone = 'UTC'",
  ];
  appendFileSync(path.join(data, "postgresql.conf"), `${settings.join("\n")}\n`);
}
