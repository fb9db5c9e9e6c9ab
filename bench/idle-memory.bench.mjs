import { setTimeout as sleep } from "node:timers/promises";
import { makeTempDir, queryDatabase, removeDir, startFirebreak } from "./lib/firebreak.mjs";
import { commandOf, processorMsOf, pssBytesOf, treeOf } from "./lib/processes.mjs";

/** What the start needed and nobody needs any more is given back within a minute. */
const IDLE_MS = 60_000;
const SAMPLES = 5;
/** One round of the canary falls into it. */
const CALM_MS = 60_000;
const MEGABYTE = 1024 * 1024;

/** PSS and processor time of the process tree of an idle `firebreak up`: the server, PostgreSQL and its watchdog. */
export async function run() {
  const home = makeTempDir();
  const server = await startFirebreak(home);
  try {
    await sleep(IDLE_MS - SAMPLES * 1000);
    const values = [];
    let split = "";
    for (let i = 0; i < SAMPLES; i++) {
      await sleep(1000);
      const tree = treeOf(server.pid);
      values.push(tree.reduce((sum, pid) => sum + pssBytesOf(pid), 0) / MEGABYTE);
      split = describeSplit(server.pid, tree);
    }
    const memory = {
      what: "idle memory, database included (PSS)",
      unit: "MB",
      values,
      budget: { max: 250 },
      note: split,
    };
    return [memory, await measureCalm(home, server.pid)];
  } finally {
    await server.stop();
    removeDir(home);
  }
}

async function measureCalm(home, root) {
  const before = await readCosts(home, root);
  const startMs = performance.now();
  await sleep(CALM_MS);
  const tookMs = performance.now() - startMs;
  const after = await readCosts(home, root);
  const perMinute = (what) => Math.round(((after[what] - before[what]) * 60_000) / tookMs);
  const share = (what) => ((after[what] - before[what]) / tookMs) * 100;
  return {
    what: "processor time while idle, of one core",
    unit: "%",
    values: [share("serverMs") + share("databaseMs")],
    budget: { max: 1 },
    note: `server ${share("serverMs").toFixed(2)} %, PostgreSQL ${share("databaseMs").toFixed(2)} %; ${perMinute("commits")} transactions and ${Math.round(perMinute("walBytes") / 1024)} kB of write-ahead log a minute`,
  };
}

/** What the processes have used since they began, and what the database has done. */
async function readCosts(home, root) {
  const [database] = await queryDatabase(
    home,
    `select xact_commit::float8 as commits, (pg_current_wal_insert_lsn() - '0/0')::float8 as "walBytes"
    from pg_stat_database where datname = current_database()`,
  );
  const serverMs = processorMsOf(root);
  const databaseMs = treeOf(root).reduce((sum, pid) => (pid === root ? sum : sum + processorMsOf(pid)), 0);
  return { ...database, serverMs, databaseMs };
}

function describeSplit(root, tree) {
  const serverBytes = pssBytesOf(root);
  const databases = tree.filter((pid) => /postgres/.test(commandOf(pid)) && pid !== root);
  const databaseBytes = databases.reduce((sum, pid) => sum + pssBytesOf(pid), 0);
  const megabytes = (bytes) => `${Math.round(bytes / MEGABYTE)} MB`;
  return `server ${megabytes(serverBytes)}, PostgreSQL ${megabytes(databaseBytes)} in ${databases.length} processes`;
}
