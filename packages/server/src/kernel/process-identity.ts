import { readFileSync } from "node:fs";

/**
 * When a process started, in clock ticks since boot (field 22 of /proc/PID/stat): with its pid it names one process
 * for ever, whatever happens to the number later.
 *
 * @returns null when there is no such process, or the system has no /proc
 */
export function readProcessStartTime(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ", 20)[19] ?? null;
  } catch {
    return null;
  }
}

/** @returns true when a process with that pid exists, whoever owns it (a zombie counts) */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return fault instanceof Error && "code" in fault && fault.code === "EPERM";
  }
}
