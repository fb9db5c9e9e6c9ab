import { readdir } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../../kernel/index.ts";
import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { nameOfFile } from "../item-name.ts";
import type { ItemSink } from "../item-sink.ts";
import { keepRedacted } from "../keep-files.ts";
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
    for (const file of await findFiles(scene, sink)) {
      signal.throwIfAborted();
      const facts = { name: nameOfFile("schedules", file), description: "something that starts by itself" };
      await keepRedacted(sink, file, facts, (_name, text) => redactLines(text));
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

async function findFiles(scene: Scene, sink: ItemSink): Promise<string[]> {
  const homes = await homesOf(scene);
  const directories = [...DIRECTORIES, ...homes.flatMap((home) => OF_HOMES.map((name) => path.join(home, name)))];
  const found = [...FILES];
  for (const directory of directories) {
    const facts = { name: nameOfFile("schedules", directory), description: "a directory of what starts by itself" };
    const entries = await readdir(directory, { withFileTypes: true }).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code !== "ENOENT" && fault.code !== "ENOTDIR") sink.fail(facts, messageOf(fault));
      return [];
    });
    // units that are only enabled are links to what a package brought
    found.push(
      ...entries
        .filter((one) => one.isFile() && !one.name.startsWith("."))
        .map((one) => path.join(directory, one.name)),
    );
  }
  if (found.length > FILES_MAX) {
    sink.fail(
      { name: "schedules/more", description: schedules.description },
      `only ${FILES_MAX} of ${found.length} files`,
    );
  }
  return found.slice(0, FILES_MAX);
}
