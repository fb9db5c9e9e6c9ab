import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";

export interface PostgresProcess {
  pid: number;
  parentPid: number;
}

/** @returns the lines of `ps`, or nothing where there is no such process or no `ps` */
function readPs(columns: string, pid: number): string {
  try {
    return execFileSync("ps", ["-o", columns, "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return "";
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The fields of `/proc/PID/stat` after the command's name, which may hold spaces and brackets (proc(5)). */
function readStatFields(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** @returns a mark that differs between two processes that had the same pid, or undefined when there is no such process */
export function readStartMark(pid: number): string | undefined {
  const fields = readStatFields(pid);
  if (fields !== undefined) return fields[0] === "Z" ? undefined : fields[19];
  if (process.platform === "linux") return undefined;
  return readPs("lstart=", pid).trim() || undefined;
}

/**
 * @returns what tells apart two sets of process ids: a boot of a machine and, in containers, the process namespace.
 * A pid may be compared only with pids of the same machine.
 */
export function readMachineMark(): string {
  const boot = readText("/proc/sys/kernel/random/boot_id")?.trim();
  const namespace = readLink("/proc/self/ns/pid");
  return boot === undefined ? hostname() : `${boot} ${namespace ?? ""}`;
}

/**
 * Every process of a PostgreSQL server that works in `dataDir`, found by its working directory (PostgreSQL changes
 * into its data directory and stays there), so that a stale or reused pid in a file never misleads.
 *
 * @param dataDir real path
 * @param recordedPid what postmaster.pid says; used only where there is no /proc
 */
export function findPostgresProcesses(dataDir: string, recordedPid: number | undefined): PostgresProcess[] {
  if (process.platform === "linux") return listProcesses().filter(({ pid }) => isPostgresIn(pid, dataDir));
  if (recordedPid === undefined) return [];
  const command = readPs("command=", recordedPid);
  return command.includes("postgres") && command.includes(dataDir) ? [{ pid: recordedPid, parentPid: 0 }] : [];
}

function listProcesses(): PostgresProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parentPid: Number(readStatFields(Number(name))?.[1] ?? 0) }));
}

function isPostgresIn(pid: number, dataDir: string): boolean {
  if (readLink(`/proc/${pid}/cwd`) !== dataDir) return false;
  const executable = readLink(`/proc/${pid}/exe`) ?? "";
  return basename(executable).startsWith("postgres");
}
