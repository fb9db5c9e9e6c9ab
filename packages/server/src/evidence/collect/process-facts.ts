import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import type { ProcessIdentity } from "@firebreak/protocol";
import { messageOf, readProcessStartTime } from "../../kernel/index.ts";
import { redactEnvironment, redactText } from "../redact.ts";

/** What is open in one process: a file, a socket or a pipe. */
export interface OpenFile {
  readonly fd: number;
  readonly target: string;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly startTime: string;
  readonly parentPid: number | null;
  readonly state: string | null;
  readonly command: string[];
  readonly executable: string | null;
  readonly workingDirectory: string | null;
  /** `NAME=value`, secrets redacted */
  readonly environment: string[];
  readonly openFiles: OpenFile[];
  readonly memoryMaps: string[];
  readonly status: Record<string, string>;
  /** what could not be read, and why */
  readonly gaps: string[];
  readonly redactions: number;
}

const OPEN_FILES_MAX = 4096;
const MAPS_LINES_MAX = 5000;

/** Reads everything /proc tells of one process. A process that is gone or another one by now yields null. */
export function readProcessFacts(identity: ProcessIdentity): ProcessFacts | null {
  if (readProcessStartTime(identity.pid) !== identity.startTime) return null;
  const base = `/proc/${identity.pid}`;
  const gaps: string[] = [];
  const attempt = <T>(what: string, fallback: T, read: () => T): T => {
    try {
      return read();
    } catch (fault) {
      gaps.push(`${what}: ${messageOf(fault)}`);
      return fallback;
    }
  };
  const status = attempt("status", {}, () => parseStatus(readFileSync(`${base}/status`, "utf8")));
  const environment = attempt("environment", { pairs: [], redactions: 0 }, () =>
    redactEnvironment(splitNul(readFileSync(`${base}/environ`, "utf8"))),
  );
  const command = attempt("command", [], () => splitNul(readFileSync(`${base}/cmdline`, "utf8")).map(redactText));
  return {
    pid: identity.pid,
    startTime: identity.startTime,
    parentPid: status["PPid"] === undefined ? null : Number(status["PPid"]),
    state: status["State"] ?? null,
    command: command.map((part) => part.text),
    executable: attempt("executable", null, () => readlinkSync(`${base}/exe`)),
    workingDirectory: attempt("working directory", null, () => readlinkSync(`${base}/cwd`)),
    environment: environment.pairs,
    openFiles: attempt("open files", [], () => readOpenFiles(base)),
    memoryMaps: attempt("memory maps", [], () =>
      readFileSync(`${base}/maps`, "utf8").split("\n", MAPS_LINES_MAX).filter(Boolean),
    ),
    status,
    gaps,
    redactions: environment.redactions + command.reduce((sum, part) => sum + part.redactions, 0),
  };
}

function splitNul(text: string): string[] {
  return text.split("\0").filter((part) => part.length > 0);
}

function parseStatus(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return fields;
}

function readOpenFiles(base: string): OpenFile[] {
  const files: OpenFile[] = [];
  for (const name of readdirSync(`${base}/fd`).slice(0, OPEN_FILES_MAX)) {
    try {
      files.push({ fd: Number(name), target: readlinkSync(`${base}/fd/${name}`) });
    } catch {
      // closed between listing and reading; a frozen process closes nothing
    }
  }
  return files;
}
