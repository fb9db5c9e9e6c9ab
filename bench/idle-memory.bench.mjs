import { setTimeout as sleep } from "node:timers/promises";
import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";
import { commandOf, processorMsOf, pssBytesOf, treeOf } from "./lib/processes.mjs";

const IDLE_MS = 30_000;
const SAMPLES = 5;
const MEGABYTE = 1024 * 1024;

/** PSS over the process tree of an idle `firebreak up`: the server, PostgreSQL and its watchdog. */
export async function run() {
  const home = makeTempDir();
  const server = await startFirebreak(home);
  try {
    await sleep(IDLE_MS - SAMPLES * 1000);
    const before = sumOf(server.pid, processorMsOf);
    const values = [];
    let split = "";
    for (let i = 0; i < SAMPLES; i++) {
      await sleep(1000);
      const tree = treeOf(server.pid);
      values.push(tree.reduce((sum, pid) => sum + pssBytesOf(pid), 0) / MEGABYTE);
      split = describeSplit(server.pid, tree);
    }
    const busyShare = (sumOf(server.pid, processorMsOf) - before) / (SAMPLES * 1000);
    const note = `${split}; it uses ${(busyShare * 100).toFixed(1)} % of one core while idle`;
    return [{ what: "idle memory, database included (PSS)", unit: "MB", values, budget: { max: 250 }, note }];
  } finally {
    await server.stop();
    removeDir(home);
  }
}

function sumOf(root, read) {
  return treeOf(root).reduce((sum, pid) => sum + read(pid), 0);
}

function describeSplit(root, tree) {
  const serverBytes = pssBytesOf(root);
  const databases = tree.filter((pid) => /postgres/.test(commandOf(pid)) && pid !== root);
  const databaseBytes = databases.reduce((sum, pid) => sum + pssBytesOf(pid), 0);
  const megabytes = (bytes) => `${Math.round(bytes / MEGABYTE)} MB`;
  return `server ${megabytes(serverBytes)}, PostgreSQL ${megabytes(databaseBytes)} in ${databases.length} processes`;
}
