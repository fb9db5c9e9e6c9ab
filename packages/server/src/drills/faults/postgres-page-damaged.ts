import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { messageOf } from "../../kernel/index.ts";
import { isAlive, nameProcess } from "../sandbox/ledger.ts";
import { waitFor } from "../sandbox/wait.ts";
import { askPostgres, postgresPlace } from "../services/ask-postgres.ts";
import { restartService } from "../services/start-services.ts";
import { installBackupJob } from "./backup-job.ts";
import { defineFault } from "./fault.ts";
import { readPid } from "./service-killed.ts";

const GONE_WITHIN_MS = 15_000;
const LOST_ROWS = 25;
/** In the middle of the first page, where rows lie. */
const [DAMAGE_AT, DAMAGE_BYTES] = [4096, 512];

/**
 * The backup of the hour is made, more is written, and then PostgreSQL is killed and a page of its table overwritten on the disk. It
 * starts again and answers, but whoever reads that table is told of an invalid page.
 */
export const postgresPageDamaged = defineFault({
  kind: "postgres-page-damaged",
  about:
    "the backup job has run and more was written; then a PostgreSQL is killed and a page of its `table` overwritten: it starts, and reading that table fails by its checksum",
  parameters: postgresPlace.extend({
    service: z.string().min(1).max(64),
    data: z.string().min(1),
    table: z
      .string()
      .regex(/^[a-z_]{1,60}$/)
      .default("agent_audit_logs"),
  }),
  cause: async ({ sandbox, api }, { service, data, table, ...place }) => {
    const job = installBackupJob(sandbox, { postgres: place, redis: null });
    const { code, said } = await job.run();
    if (code !== 0) throw new Error(`the backup before the damage failed: ${said}`);
    const [backup = ""] = readdirSync(job.backups).map((name) => path.join(job.backups, name));
    const copied = `select id + 1000000, at, note from ${table} limit ${LOST_ROWS}`;
    await askPostgres(place, `insert into ${table} ${copied}`);
    await askPostgres(place, "checkpoint");
    const file = await askPostgres(place, `select pg_relation_filepath('${table}')`);
    const victim = nameProcess(readPid(sandbox.home, service));
    process.kill(victim.pid, "SIGKILL");
    await waitFor(`the end of ${service}`, GONE_WITHIN_MS, async () => (isAlive(victim) ? undefined : true));
    overwrite(path.join(data, file ?? ""));
    await restartService(api, service);
    const answer = await waitFor(service, GONE_WITHIN_MS, () =>
      readDamaged(() => askPostgres(place, `select sum(length(note)) from ${table}`)),
    );
    const { script, backups } = job;
    return {
      what: `a page of ${table} was overwritten: ${answer}`,
      facts: { backup, backups, script, lost: LOST_ROWS },
    };
  },
});

function overwrite(file: string): void {
  const handle = openSync(file, "r+");
  try {
    writeSync(handle, Buffer.alloc(DAMAGE_BYTES, 0xa5), 0, DAMAGE_BYTES, DAMAGE_AT);
  } finally {
    closeSync(handle);
  }
}

/** @returns what the server says of the damage; undefined while it does not answer yet */
async function readDamaged(read: () => Promise<string | null>): Promise<string | undefined> {
  let sum: string | null;
  try {
    sum = await read();
  } catch (fault) {
    const message = messageOf(fault);
    return /invalid page/.test(message) ? message : undefined;
  }
  throw new Error(`the damaged table was read as if nothing were wrong: ${sum}`);
}
