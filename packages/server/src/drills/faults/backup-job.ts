import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { programFile } from "../../kernel/index.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";
import type { PostgresPlace } from "../services/ask-postgres.ts";
import { postgresProgram } from "../services/postgres-programs.ts";
import { secretOf } from "../services/sandbox-secret.ts";

export interface BackupJob {
  /** the program by its whole path, without arguments */
  readonly script: string;
  /** the folder of the backups */
  readonly backups: string;
  readonly log: string;
  readonly keyFile: string;
  /** @returns the exit code, and what it said */
  readonly run: () => Promise<{ readonly code: number | null; readonly said: string }>;
}

/** Installs the team's backup job in the sandbox: dumps, encrypted with the key AIEMPIRE_BACKUP_KEY, which lies in a file too. */
export function installBackupJob(
  sandbox: Sandbox,
  {
    postgres,
    redis,
  }: { readonly postgres: PostgresPlace | null; readonly redis: { port: number; dump: string } | null },
): BackupJob {
  const folder = path.join(sandbox.folder, "backup-job");
  const backups = path.join(folder, "hourly");
  mkdirSync(backups, { recursive: true });
  const keyFile = path.join(folder, "key");
  const log = path.join(folder, "backup.log");
  const config = path.join(folder, "job.json");
  writeFileSync(keyFile, secretOf(sandbox, "AIEMPIRE_BACKUP_KEY"), { mode: 0o600 });
  const stores = { postgres: postgres === null ? null : { program: postgresProgram("pg_dump"), ...postgres }, redis };
  writeFileSync(config, JSON.stringify({ keyFile, log, to: backups, ...stores }), { mode: 0o600 });
  const script = path.join(folder, "backup");
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${programFile("backup-program")}' '${config}'\n`, {
    mode: 0o700,
  });
  const run = async () => {
    const child = sandbox.start([script]);
    return { code: await child.ended, said: child.tail() };
  };
  return { script, backups, log, keyFile, run };
}
