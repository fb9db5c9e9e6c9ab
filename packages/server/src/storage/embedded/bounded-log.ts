import { appendFileSync, chmodSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

const limitBytes = 5 * 1024 * 1024;
const keptLines = 60;

export interface BoundedLog {
  readonly path: string;
  append(text: string): void;
  /** the last lines since the last `clear`, for a diagnosis */
  recent(): string;
  clear(): void;
}

/** A log file that is set aside as `.1` at 5 MiB, so that log and predecessor stay under 10 MiB. */
export function openBoundedLog(path: string): BoundedLog {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let sizeBytes = readSize(path);
  let lines: string[] = [];
  return {
    path,
    append: (text) => {
      lines = [...lines, ...text.split("\n").filter((line) => line !== "")].slice(-keptLines);
      if (sizeBytes + text.length > limitBytes) {
        rotate(path);
        sizeBytes = 0;
      }
      sizeBytes += text.length;
      appendQuietly(path, text, sizeBytes === text.length);
    },
    recent: () => lines.join("\n"),
    clear: () => {
      lines = [];
    },
  };
}

function readSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function rotate(path: string): void {
  try {
    renameSync(path, `${path}.1`);
  } catch {
    // a log that cannot be set aside is no reason to stop the database
  }
}

function appendQuietly(path: string, text: string, isNew: boolean): void {
  try {
    appendFileSync(path, text);
    if (isNew) chmodSync(path, 0o600);
  } catch {
    // a full disk is reported by the database itself
  }
}
