import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { ensurePrivateDir, readProcessStartTime, writeFileAtomic } from "../../kernel/index.ts";

/** A process for ever: its number alone may one day mean another. */
const processName = z.strictObject({ pid: z.number().int().min(2), startTime: z.string().nullable() });
export type ProcessName = z.infer<typeof processName>;

/** What a sandbox leaves behind should it be killed: written before each thing is begun. */
const ledgerFile = z.strictObject({ owner: processName, processes: z.array(processName) });

const FILE = "sandbox.json";

export function nameProcess(pid: number): ProcessName {
  return { pid, startTime: readProcessStartTime(pid) };
}

/** @returns true while that very process lives */
export function isAlive({ pid, startTime }: ProcessName): boolean {
  const now = readProcessStartTime(pid);
  return now !== null && now === startTime;
}

/** Where this user's sandboxes lie; nobody else can put one there. */
export function sandboxesDir(temporary: string = os.tmpdir()): string {
  const dir = path.join(temporary, `firebreak-drills-${process.getuid?.() ?? "user"}`);
  ensurePrivateDir(dir);
  const { uid } = statSync(dir);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new RangeError(`${dir} belongs to another user; drills are not made in it. Set TMPDIR to a folder of yours.`);
  }
  return dir;
}

export interface Ledger {
  readonly folder: string;
  readonly note: (pid: number) => void;
}

/** Begins the ledger of a new sandbox. */
export function openLedger(folder: string): Ledger {
  mkdirSync(folder, { mode: 0o700 });
  const processes: ProcessName[] = [];
  const owner = nameProcess(process.pid);
  const write = () => writeFileAtomic(path.join(folder, FILE), JSON.stringify({ owner, processes }));
  write();
  return {
    folder,
    note: (pid) => {
      processes.push(nameProcess(pid));
      write();
    },
  };
}

/** A sandbox whose owner is gone. `processes` are those that may still live. */
export interface Leftover {
  readonly folder: string;
  readonly processes: readonly ProcessName[];
}

/** @returns the sandboxes of owners that are gone; one that cannot be read is taken for one of those after an hour */
export function findLeftovers(dir: string, nowMs: number): Leftover[] {
  return readdirSync(dir)
    .map((name) => path.join(dir, name))
    .flatMap((folder): Leftover[] => {
      const ledger = readLedger(folder);
      if (ledger === null) return nowMs - statSync(folder).mtimeMs > 3_600_000 ? [{ folder, processes: [] }] : [];
      return isAlive(ledger.owner) ? [] : [{ folder, processes: ledger.processes }];
    });
}

function readLedger(folder: string): z.infer<typeof ledgerFile> | null {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return null;
  try {
    return ledgerFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
