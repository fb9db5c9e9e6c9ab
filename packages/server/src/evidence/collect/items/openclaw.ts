import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../../kernel/index.ts";
import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { readVariable } from "../read-variable.ts";
import { nameOfFile } from "../item-name.ts";
import type { ItemSink } from "../item-sink.ts";
import { keepTree, placeInHome } from "../keep-files.ts";
import type { KeptTree } from "../keep-files.ts";
import type { TreeEntry } from "../plain-files.ts";
import { copySqlite } from "../sqlite-snapshot.ts";

/** The state directories of OpenClaw and of what it was called before, also of its profiles (`.openclaw-work`). */
const STATE_DIRECTORY = /^\.(?:openclaw|moltbot|clawdbot)(?:-[\w.-]+)?$/;
const DATABASE = /\.(?:sqlite3?|db)$/i;
/** Transcripts, indexes of sessions, logs, stability bundles, and what tells an agent who it is. */
const KEPT =
  /(?:\.jsonl(?:\.[\w.-]+)?|(?:^|\/)sessions\.json|\.log|\.md|(?:^|\/)(?:logs|cron|memory)\/.*\.(?:json|txt))$/i;
/** Where keys lie: listed, never copied. */
const CREDENTIALS = /(?:^|\/)credentials\/|auth-profiles\.json$|\.bak(?:\.|$)/i;

export const openclaw: Collector = {
  name: "openclaw",
  description: "OpenClaw's sessions, databases with their logs, log files that it prunes after a day, memory files",
  seconds: { standard: 180, full: 1800 },
  needs: [],
  collect: async (scene, sink, signal) => {
    for (const root of await stateDirectories(scene)) {
      const what = "OpenClaw's state";
      const wants = (entry: TreeEntry) => isWanted(entry, scene);
      const kept = await keepTree(scene, root, { what, prefix: "openclaw", wants }, sink, signal);
      if (kept !== null) await keepDatabases(scene, kept, sink, signal);
    }
    for (const root of await logDirectories()) {
      const wants = ({ modifiedAtMs }: TreeEntry) => modifiedAtMs >= scene.sinceMs;
      await keepTree(scene, root, { what: "OpenClaw's log files", prefix: "openclaw", wants }, sink, signal);
    }
  },
};

function isWanted({ path: file, modifiedAtMs }: TreeEntry, { sinceMs }: Scene): boolean {
  if (CREDENTIALS.test(file) || !KEPT.test(file)) return false;
  // what an agent is told and remembers counts whenever it was written
  return modifiedAtMs >= sinceMs || /\.md$/i.test(file);
}

async function stateDirectories(scene: Scene): Promise<string[]> {
  const found = new Set<string>();
  for (const home of await homesOf(scene)) {
    for (const name of (await readdir(home).catch(() => [])).filter((one) => STATE_DIRECTORY.test(one))) {
      const place = await placeInHome(home, name);
      if (place !== null) found.add(place);
    }
  }
  for (const place of await readVariable(scene, "OPENCLAW_STATE_DIR")) found.add(place);
  return [...found];
}

async function logDirectories(): Promise<string[]> {
  const names = await readdir("/tmp").catch(() => []);
  return names.filter((name) => /^openclaw(?:-\d+)?$/.test(name)).map((name) => path.join("/tmp", name));
}

async function keepDatabases(
  scene: Scene,
  { root, entries }: KeptTree,
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const databases = entries.filter(
    ({ type, path: file }) => type === "file" && DATABASE.test(file) && !CREDENTIALS.test(file),
  );
  for (const entry of databases) {
    signal.throwIfAborted();
    const facts = { name: `${nameOfFile("openclaw", root)}/${entry.path}`, description: "a database of OpenClaw's" };
    const directory = await mkdtemp(path.join(scene.surroundings.temporaryDir, "sqlite-"));
    try {
      if (!sink.hasRoom(entry.bytes * 2)) sink.fail(facts, `no room for a copy of its ${entry.bytes} bytes`);
      else await keepDatabase(root, entry, directory, facts, sink, signal);
    } catch (fault) {
      sink.fail(facts, messageOf(fault));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

async function keepDatabase(
  root: string,
  entry: TreeEntry,
  directory: string,
  facts: { name: string; description: string },
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const { files, isConsistent, tries } = await copySqlite(root, entry, directory, signal);
  const degraded = isConsistent ? undefined : `it was written while it was copied, ${tries} times over`;
  if (files.length === 0) sink.fail(facts, "something else stands there by now");
  const group = files.map(({ suffix }) => path.basename(entry.path) + suffix);
  for (const { suffix, file } of files) {
    const metadata = { snapshot: isConsistent ? "consistent" : "changing", tries, together: group };
    await sink.file({ ...facts, name: facts.name + suffix, metadata, degraded }, await open(file, "r"));
  }
}
