import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
import type { Collector, Scene } from "../collector.ts";
import { nameOfFile } from "../item-name.ts";
import { keepFile } from "../keep-files.ts";

const SYSTEM = [
  "auth.log",
  "secure",
  "syslog",
  "messages",
  "kern.log",
  "daemon.log",
  "cron.log",
  "cron",
  "ufw.log",
  "fail2ban.log",
  "audit/audit.log",
  "dpkg.log",
  "apt/history.log",
  "system.log",
  "install.log",
].map((name) => `/var/log/${name}`);
const FILES_MAX = 2_000;
const WILDCARD = /[*?{[]/;

interface LogFile {
  readonly path: string;
  readonly modifiedAtMs: number;
}

export const logs: Collector = {
  name: "logs",
  description:
    "log files of the last days: those that are tailed, those of the profile, the system's; rotated ones too",
  seconds: { standard: 240, full: 3600 },
  needs: [],
  collect: async (scene, sink, signal) => {
    const { description } = logs;
    const wanted = [...(await scene.surroundings.tailedPaths()), ...scene.settings.logs, ...SYSTEM];
    if (scene.level === "full") wanted.push("/var/log/**");
    const files = await findLogs(await expand(wanted), scene);
    for (const { path: file } of files.slice(0, FILES_MAX)) {
      signal.throwIfAborted();
      await keepFile(sink, file, { name: nameOfFile("logs", file), description: "a log file" });
    }
    if (files.length > FILES_MAX)
      sink.fail({ name: "logs/more", description }, `only ${FILES_MAX} of ${files.length} log files`);
  },
};

async function expand(patterns: readonly string[]): Promise<string[]> {
  const plain = patterns.filter((one) => !WILDCARD.test(one));
  const options = { absolute: true, dot: true, expandDirectories: false, followSymbolicLinks: false };
  const found = await Promise.all(
    patterns.filter((one) => WILDCARD.test(one)).map((one) => glob([one], options).catch(() => [])),
  );
  return [...new Set([...plain, ...found.flat()])];
}

/** @returns the files with what rotation made of them, as far as they are young enough; the newest first */
async function findLogs(paths: readonly string[], { sinceMs, home }: Scene): Promise<LogFile[]> {
  const found = new Map<string, LogFile>();
  const listings = new Map<string, readonly string[]>();
  for (const file of paths) {
    const directory = path.dirname(file);
    const names = listings.get(directory) ?? (await readdir(directory).catch(() => []));
    listings.set(directory, names);
    for (const name of names.filter((one) => one === path.basename(file) || isRotated(one, path.basename(file)))) {
      const full = path.join(directory, name);
      // Firebreak's own home holds keys, tokens and earlier evidence
      if (full.startsWith(`${path.resolve(home)}/`)) continue;
      const facts = await lstat(full).catch(() => null);
      if (facts?.isFile() !== true || facts.mtimeMs < sinceMs) continue;
      found.set(full, { path: full, modifiedAtMs: facts.mtimeMs });
    }
  }
  return [...found.values()].toSorted((a, b) => b.modifiedAtMs - a.modifiedAtMs);
}

/** `app.log.1`, `app.log.2.gz`, `app.log-20260301`, `app-2026-03-01.log`. */
export function isRotated(name: string, original: string): boolean {
  const plain = name.replace(/\.(?:gz|bz2|xz|zst|zip)$/, "");
  if (plain !== name && plain === original) return true;
  const ending = path.extname(original);
  const stem = ending === "" ? original : original.slice(0, -ending.length);
  const behind = plain.startsWith(original) ? plain.slice(original.length) : null;
  if (behind !== null && /^[.-]\d[\d.T_:-]*$/.test(behind)) return true;
  if (ending === "" || !plain.startsWith(stem) || !plain.endsWith(ending)) return false;
  return /^[.-]\d{4}-?\d{2}-?\d{2}[\dT_:-]*$/.test(plain.slice(stem.length, -ending.length));
}
