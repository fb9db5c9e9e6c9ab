import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, OperatorError, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { readMachineMark, readStartMark } from "./processes.ts";

/** The right to write in a home directory. One process at a time has it. */
export interface HomeLock {
  /** tells the next one who tries where this server answers, such as `http://127.0.0.1:8080` */
  setAddress(address: string): void;
  release(): void;
}

const holderSchema = z.object({
  token: z.string(),
  pid: z.number().int(),
  startMark: z.string(),
  machine: z.string(),
  since: z.string(),
  address: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

const touchEveryMs = 2_000;
/** A lock of another machine or container (shared volume) counts as left behind when it was not touched for so long. */
const foreignStaleAfterMs = 15_000;
const attempts = 5;

/** @throws OperatorError when another live process holds the home; it says which, since when and where */
export function acquireHomeLock({ home, clock }: { home: string; clock: Clock }): HomeLock {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, "server.lock");
  const holder: Holder = {
    token: randomUUID(),
    pid: process.pid,
    startMark: readStartMark(process.pid) ?? "",
    machine: readMachineMark(),
    since: toIso(clock.now()),
  };
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (createExclusively(path, holder)) return keepLock(path, holder, clock);
    removeIfStale(path, home, clock);
  }
  throw new OperatorError(
    `The lock ${path} could not be taken: other processes keep taking and losing it.`,
    `See who starts Firebreak with FIREBREAK_HOME=${home} again and again, stop it, and start once more.`,
  );
}

/** Link makes it appear complete or not at all, and fails when it is there. */
function createExclusively(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.token}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function removeIfStale(path: string, home: string, clock: Clock): void {
  const holder = readHolder(path);
  if (holder !== undefined && isHeld(path, holder, clock)) throw describeHolder(holder, home);
  const aside = `${path}.stale-${randomUUID()}`;
  try {
    renameSync(path, aside);
    // Another starter may have replaced the stale lock by its own between our read and our rename: put it back.
    if (readHolder(aside)?.token !== holder?.token) linkSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isHeld(path: string, holder: Holder, clock: Clock): boolean {
  if (holder.machine === readMachineMark()) return readStartMark(holder.pid) === holder.startMark;
  try {
    return clock.now() - statSync(path).mtimeMs < foreignStaleAfterMs;
  } catch {
    return false;
  }
}

function describeHolder(holder: Holder, home: string): OperatorError {
  const where = holder.address === undefined ? "" : ` and answers at ${holder.address}`;
  return new OperatorError(
    `Another Firebreak (process ${holder.pid}, since ${holder.since}) is using ${home}${where}.`,
    `Use that one, or stop it first (kill ${holder.pid}), or start this one on other data: FIREBREAK_HOME=/another/directory`,
  );
}

function keepLock(path: string, mine: Holder, clock: Clock): HomeLock {
  const isMine = () => readHolder(path)?.token === mine.token;
  const touch = setInterval(() => {
    const now = new Date(clock.now());
    try {
      utimesSync(path, now, now);
    } catch {
      // the home was removed under us; nothing to keep
    }
  }, touchEveryMs);
  touch.unref();
  return {
    setAddress: (address) => {
      const draft = `${path}.${mine.token}`;
      writeFileSync(draft, JSON.stringify({ ...mine, address } satisfies Holder), { mode: 0o600 });
      renameSync(draft, path);
    },
    release: () => {
      clearInterval(touch);
      if (isMine()) rmSync(path, { force: true });
    },
  };
}
