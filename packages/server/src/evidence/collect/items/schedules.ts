import { readdir } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf } from "../../../kernel/index.ts";
import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { nameOfFile } from "../item-name.ts";
import type { ItemSink } from "../item-sink.ts";
import { keepRedacted, pathOf, placeInHome } from "../keep-files.ts";
import type { TextPlace } from "../keep-files.ts";
import { listTree } from "../plain-files.ts";
import { readProgram } from "../programs.ts";
import { redactLines } from "../redact-document.ts";

const FILES = ["/etc/crontab", "/etc/anacrontab", "/etc/rc.local"];
const DIRECTORIES = [
  "/etc/cron.d",
  "/etc/cron.hourly",
  "/etc/cron.daily",
  "/etc/cron.weekly",
  "/etc/cron.monthly",
  "/var/spool/cron",
  "/var/spool/cron/crontabs",
  "/var/spool/cron/atjobs",
  "/var/at/tabs",
  "/var/at/jobs",
  "/etc/systemd/system",
  "/Library/LaunchAgents",
  "/Library/LaunchDaemons",
];
const OF_HOMES = [
  ".config/systemd/user",
  "Library/LaunchAgents",
  ".config/autostart",
  ".openclaw/cron",
  ".moltbot/cron",
  ".clawdbot/cron",
];
const PROGRAMS = [
  ["systemd-timers.txt", "systemctl", "list-timers", "--all", "--no-pager"],
  ["systemd-services.txt", "systemctl", "list-units", "--type=service", "--all", "--no-pager", "--plain"],
  ["at-jobs.txt", "atq"],
] as const;
const FILES_MAX = 2_000;

export const schedules: Collector = {
  name: "schedules",
  description:
    "what starts by itself on this host: crontabs, timers and units, at jobs, launch agents (secrets taken out)",
  seconds: { standard: 40, full: 120 },
  needs: [],
  collect: async (scene, sink, signal) => {
    for (const place of await findFiles(scene, sink, signal)) {
      signal.throwIfAborted();
      const facts = { name: nameOfFile("schedules", pathOf(place)), description: "something that starts by itself" };
      await keepRedacted(sink, place, facts, (_name, text) => redactLines(text));
    }
    const programs = process.platform === "darwin" ? ([["launchd.txt", "launchctl", "list"]] as const) : PROGRAMS;
    for (const [name, ...command] of programs) {
      const facts = { name: `schedules/${name}`, description: schedules.description };
      const { text, problem } = await readProgram(command, signal);
      const { text: kept, redactions } = redactLines(text);
      if (text === "" && problem !== null) sink.fail(facts, problem);
      else sink.bytes({ ...facts, metadata: { redactions }, degraded: problem ?? undefined }, Buffer.from(kept));
    }
  },
};

async function findFiles(scene: Scene, sink: ItemSink, signal: AbortSignal): Promise<TextPlace[]> {
  const found: TextPlace[] = [...FILES];
  for (const directory of DIRECTORIES) {
    const facts = { name: nameOfFile("schedules", directory), description: "a directory of what starts by itself" };
    const entries = await readdir(directory, { withFileTypes: true }).catch((fault: unknown) => {
      if (codeOf(fault) !== "ENOENT" && codeOf(fault) !== "ENOTDIR") sink.fail(facts, messageOf(fault));
      return [];
    });
    // units that are only enabled are links to what a package brought
    found.push(...entries.filter((one) => one.isFile()).map((one) => path.join(directory, one.name)));
  }
  for (const home of await homesOf(scene)) {
    for (const directory of OF_HOMES) found.push(...(await findInHome(home, directory, sink, signal)));
  }
  if (found.length > FILES_MAX) {
    const facts = { name: "schedules/more", description: schedules.description };
    sink.fail(facts, `only ${FILES_MAX} of ${found.length} files`);
  }
  return found.slice(0, FILES_MAX);
}

/** In somebody's home no link is followed on the way: an agent could lead it anywhere. */
async function findInHome(home: string, directory: string, sink: ItemSink, signal: AbortSignal): Promise<TextPlace[]> {
  const [first = "", ...rest] = directory.split("/");
  const place = await placeInHome(home, first);
  if (place === null) return [];
  try {
    const { entries } = await listTree(place, { entriesMax: FILES_MAX, excluded: [], from: rest.join("/"), signal });
    return entries.flatMap(({ type, path: relative }) => (type === "file" ? [{ root: place, relative }] : []));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT" || codeOf(fault) === "ENOTDIR") return [];
    sink.fail(
      {
        name: nameOfFile("schedules", path.join(home, directory)),
        description: "a directory of what starts by itself",
      },
      messageOf(fault),
    );
    return [];
  }
}
