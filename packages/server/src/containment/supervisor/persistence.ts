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
  // what systemd was told to run at once, or later (systemd-run)
  "/run/systemd/transient",
] as const;
/** Below XDG_RUNTIME_DIR. */
const OF_THE_USERS_SYSTEMD = ["systemd/transient", "systemd/user"] as const;
/** A scope holds what is there already, such as a session of a person; it starts nothing. */
const STARTS_NOTHING = /\.scope(?:\.d)?$/;
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
const ASK_MS = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const CRONTAB_NAME = "the user's crontab";
const AT_NAME = "the user's jobs of at";
const AT_JOB = /^job \d+ of at$/;

/** Programs that may read what is closed to users: the spools of cron and of at. */
export interface JobPrograms {
  readonly crontab: string;
  readonly atq: string;
}
const OF_THE_SYSTEM: JobPrograms = { crontab: "/usr/bin/crontab", atq: "/usr/bin/atq" };
const TOLD_MAX = 20;

/** By place, what tells one state of it from another. */
export type Persistence = ReadonlyMap<string, string>;

export interface PersistenceChange {
  readonly place: string;
  readonly change: "added" | "changed" | "removed";
}

/** What can be seen of it; what this user may not read is left out. @param env of the agent */
export async function readPersistence(
  env: Readonly<Record<string, string | undefined>>,
  programs: JobPrograms = OF_THE_SYSTEM,
): Promise<Persistence> {
  const found = new Map<string, string>();
  const below = (dir: string | undefined, places: readonly string[]) =>
    dir === undefined || dir === "" ? [] : places.map((place) => join(dir, place));
  const runtime = env["XDG_RUNTIME_DIR"] ?? `/run/user/${process.getuid?.() ?? 0}`;
  const own = [...below(env["HOME"], OF_THE_USER), ...below(runtime, OF_THE_USERS_SYSTEMD)];
  for (const place of [...OF_THE_MACHINE, ...own]) look(place, 0, found);
  const crontab = await ask(programs.crontab, ["-l"]);
  if (crontab !== null) found.set(CRONTAB_NAME, createHash("sha256").update(crontab).digest("hex"));
  const queue = await ask(programs.atq, []);
  if (queue !== null) found.set(AT_NAME, "");
  for (const [job, when] of jobsOf(queue ?? "")) found.set(`job ${job} of at`, when);
  return found;
}

/** A line of atq: the job's number, a tab, and when; the user stands at the end, and letters of the queue that change. */
function jobsOf(text: string): readonly (readonly [string, string])[] {
  return text.split("\n").flatMap((line) => {
    const [, job = "", when = ""] = /^(\d+)\t(.+\d{4}) /.exec(line) ?? [];
    return job === "" ? [] : [[job, when]];
  });
}

/** Status changes of a file cannot be set back by who may write it, so that no content needs to be read. */
function look(path: string, depth: number, found: Map<string, string>): void {
  if (found.size >= ENTRIES_MAX || STARTS_NOTHING.test(path)) return;
  try {
    const { ctimeMs, ino, size, mode } = lstatSync(path);
    const isDirectory = (mode & 0o170000) === 0o040000;
    if (!isDirectory) found.set(path, `${ino} ${size} ${mode} ${ctimeMs}`);
    else if (depth < DEPTH_MAX) for (const name of readdirSync(path)) look(join(path, name), depth + 1, found);
  } catch {
    // not there, or not for this user
  }
}

/** @returns what the program prints; null when it is not there or does not say */
async function ask(program: string, args: readonly string[]): Promise<string | null> {
  if (!existsSync(program)) return null;
  return new Promise((resolve) => {
    execFile(program, args, { timeout: ASK_MS, maxBuffer: ANSWER_BYTES_MAX }, (fault, stdout) => {
      // crontab ends with 1 when there are no jobs
      const isUnknown = fault !== null && fault.code !== 1;
      resolve(isUnknown ? null : stdout);
    });
  });
}

/** A place that only one of both could read says nothing: only what programs are asked for can be so. */
export function comparePersistence(before: Persistence, after: Persistence): PersistenceChange[] {
  const places = new Set([...before.keys(), ...after.keys()]);
  return [...places].toSorted().flatMap((place): PersistenceChange[] => {
    const [was, is] = [before.get(place), after.get(place)];
    const isAsked = place === CRONTAB_NAME || place === AT_NAME;
    if (was === is || (isAsked && (was === undefined || is === undefined))) return [];
    if (AT_JOB.test(place) && !(before.has(AT_NAME) && after.has(AT_NAME))) return [];
    return [{ place, change: was === undefined ? "added" : is === undefined ? "removed" : "changed" }];
  });
}

/** Tells what has changed since it was told last. */
export type TellPersistence = () => Promise<void>;

/** Looks before the agent starts. @returns what to call at each stop, and at the end */
export async function watchPersistence(session: Session): Promise<TellPersistence> {
  const { env } = session.options;
  let known = await readPersistence(env);
  return async () => {
    const before = known;
    known = await readPersistence(env);
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
