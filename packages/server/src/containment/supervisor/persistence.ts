import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { emit, say } from "./report.ts";
import type { Session } from "./session.ts";

/**
 * Where a program can be left that something else starts later, outside of the agent's tree (MITRE ATT&CK: Persistence,
 * T1053, T1543, T1546, T1547): files, and directories with what is in them.
 */
const OF_THE_MACHINE = [
  "/etc/crontab",
  "/etc/anacrontab",
  "/etc/cron.d",
  "/etc/cron.hourly",
  "/etc/cron.daily",
  "/etc/cron.weekly",
  "/etc/cron.monthly",
  "/var/spool/cron",
  "/var/spool/at",
  "/etc/systemd/system",
  "/etc/systemd/user",
  "/etc/init.d",
  "/etc/rc.local",
  "/etc/profile",
  "/etc/profile.d",
  "/etc/bash.bashrc",
  "/etc/ld.so.preload",
  "/etc/udev/rules.d",
  "/Library/LaunchAgents",
  "/Library/LaunchDaemons",
] as const;
const OF_THE_USER = [
  ".profile",
  ".bash_profile",
  ".bash_login",
  ".bash_logout",
  ".bashrc",
  ".zshenv",
  ".zprofile",
  ".zshrc",
  ".zlogin",
  ".xprofile",
  ".xsessionrc",
  ".config/autostart",
  ".config/environment.d",
  ".config/fish",
  ".config/systemd/user",
  ".ssh/authorized_keys",
  ".ssh/authorized_keys2",
  ".ssh/rc",
  "Library/LaunchAgents",
] as const;

const ENTRIES_MAX = 5_000;
const DEPTH_MAX = 3;
const CRONTAB = "/usr/bin/crontab";
const CRONTAB_MS = 2_000;
const CRONTAB_BYTES_MAX = 1024 * 1024;
const CRONTAB_NAME = "the user's crontab";
const TOLD_MAX = 20;

/** By place, what tells one state of it from another. */
export type Persistence = ReadonlyMap<string, string>;

export interface PersistenceChange {
  readonly place: string;
  readonly change: "added" | "changed" | "removed";
}

/** What can be seen of it; what this user may not read is left out. */
export async function readPersistence(home: string | undefined): Promise<Persistence> {
  const found = new Map<string, string>();
  const places = home === undefined || home === "" ? [] : OF_THE_USER.map((place) => join(home, place));
  for (const place of [...OF_THE_MACHINE, ...places]) look(place, 0, found);
  const jobs = await readCrontab();
  if (jobs !== null) found.set(CRONTAB_NAME, jobs);
  return found;
}

/** Status changes of a file cannot be set back by who may write it, so that no content needs to be read. */
function look(path: string, depth: number, found: Map<string, string>): void {
  if (found.size >= ENTRIES_MAX) return;
  try {
    const { ctimeMs, ino, size, mode } = lstatSync(path);
    const isDirectory = (mode & 0o170000) === 0o040000;
    if (!isDirectory) found.set(path, `${ino} ${size} ${mode} ${ctimeMs}`);
    else if (depth < DEPTH_MAX) for (const name of readdirSync(path)) look(join(path, name), depth + 1, found);
  } catch {
    // not there, or not for this user
  }
}

/** The spool of cron is closed to users; the program that may read it is asked. */
async function readCrontab(): Promise<string | null> {
  if (!existsSync(CRONTAB)) return null;
  const limits = { timeout: CRONTAB_MS, maxBuffer: CRONTAB_BYTES_MAX, encoding: "buffer" } as const;
  return new Promise((resolve) => {
    execFile(CRONTAB, ["-l"], limits, (fault, stdout) => {
      // it ends with 1 when there are no jobs
      const isUnknown = fault !== null && fault.code !== 1;
      resolve(isUnknown ? null : createHash("sha256").update(stdout).digest("hex"));
    });
  });
}

/** A place that only one of both could read says nothing: only the crontab can be so. */
export function comparePersistence(before: Persistence, after: Persistence): PersistenceChange[] {
  const places = new Set([...before.keys(), ...after.keys()]);
  return [...places].toSorted().flatMap((place): PersistenceChange[] => {
    const [was, is] = [before.get(place), after.get(place)];
    if (was === is || (place === CRONTAB_NAME && (was === undefined || is === undefined))) return [];
    return [{ place, change: was === undefined ? "added" : is === undefined ? "removed" : "changed" }];
  });
}

/** Tells what has changed since it was told last. */
export type TellPersistence = () => Promise<void>;

/** Looks before the agent starts. @returns what to call at each stop, and at the end */
export async function watchPersistence(session: Session): Promise<TellPersistence> {
  const home = session.options.env["HOME"];
  let known = await readPersistence(home);
  return async () => {
    const before = known;
    known = await readPersistence(home);
    const changes = comparePersistence(before, known).filter(({ change }) => change !== "removed");
    if (changes.length === 0) return;
    const shown = changes.slice(0, TOLD_MAX);
    const more = changes.length > TOLD_MAX ? ` and ${changes.length - TOLD_MAX} more` : "";
    emit(session, "persistence_changed", { places: shown.map(({ place }) => place), changes: changes.length });
    say(
      session,
      `while ${session.entry.agentId} ran, what starts programs by itself was changed on this machine: ` +
        `${shown.map(({ place, change }) => `${JSON.stringify(place)} (${change})`).join(", ")}${more}. ` +
        "A stop of the agent does not reach what is started from there: look at it before you resume",
    );
  };
}
