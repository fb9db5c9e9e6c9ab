import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { HoldSubject, ProcessIdentity } from "@firebreak/protocol";
import { z } from "zod";
import { ensurePrivateDir, messageOf, writeFileAtomic } from "../kernel/index.ts";
import type { TreeHandle } from "./process-tree/index.ts";
import { createTreeHandle, ISOLATIONS, isOurCgroup, readBootId, readProcess } from "./process-tree/index.ts";

const processKey = z.object({ pid: z.number().int().positive(), startTime: z.string() });
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/);

const supervisorEntry = z.object({
  version: z.literal(1),
  sessionId: name,
  agentId: name,
  pack: name.nullable(),
  host: z.string(),
  /** changes at every start of the system: pids of another one mean nothing */
  bootId: z.string(),
  supervisor: processKey,
  root: processKey.nullable(),
  cgroup: z.object({ version: z.union([z.literal(1), z.literal(2)]), path: z.string() }).nullable(),
  /** the namespace that marks the tree, and where its supervisor holds it */
  tag: z
    .object({ name: z.string().regex(/^uts:\[\d+\]$/), path: z.string().regex(/^\/proc\/\d+\/fd\/\d+$/) })
    .nullable()
    .default(null),
  /** what of the system the tree does not share */
  isolate: z.array(z.enum(ISOLATIONS)).default([]),
  socketPath: z.string(),
  workspace: z.string().nullable(),
  outputLog: z.string(),
  command: z.array(z.string()),
  startedAt: z.string(),
  /** members seen so far, so that whoever enforces knows what the supervisor knows: [pid, start time] */
  seen: z.array(z.tuple([z.number().int(), z.string()])).max(8192),
});
/** What a supervisor lets everybody in this FIREBREAK_HOME know of the session it runs. */
export type SupervisorEntry = z.infer<typeof supervisorEntry>;

export interface SessionPaths {
  readonly registry: string;
  readonly dir: string;
  readonly outputLog: string;
  readonly spool: string;
  /** what was left when the session ended */
  readonly final: string;
}

const REGISTRY = "supervisors";

/** @param sessionId a session's id or name; must be a plain name, it becomes part of paths */
export function sessionPaths(home: string, sessionId: string): SessionPaths {
  const safe = name.parse(sessionId);
  const dir = join(home, "sessions", safe);
  return {
    registry: join(home, REGISTRY, `${safe}.json`),
    dir,
    outputLog: join(dir, "output.log"),
    spool: join(dir, "spool.ndjson"),
    final: join(dir, "final.json"),
  };
}

export function writeSupervisorEntry(home: string, entry: SupervisorEntry): void {
  ensurePrivateDir(join(home, REGISTRY));
  writeFileAtomic(sessionPaths(home, entry.sessionId).registry, textOf(entry));
}

function textOf(entry: SupervisorEntry): string {
  return JSON.stringify(entry, null, 1) + "\n";
}

/** @returns false when somebody changed or removed what was written */
export function isEntryIntact(home: string, entry: SupervisorEntry): boolean {
  return readText(sessionPaths(home, entry.sessionId).registry) === textOf(entry);
}

export function removeSupervisorEntry(home: string, sessionId: string): void {
  rmSync(sessionPaths(home, sessionId).registry, { force: true });
}

export interface SupervisorList {
  readonly entries: readonly SupervisorEntry[];
  /** registry files that cannot be read: their sessions cannot be stopped through them */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

/** Reads the registry of supervised sessions. A file that is being removed is no problem. */
export function readSupervisorEntries(home: string): SupervisorList {
  const dir = join(home, REGISTRY);
  const entries: SupervisorEntry[] = [];
  const problems: { file: string; message: string }[] = [];
  for (const file of listNames(dir).filter((one) => one.endsWith(".json"))) {
    const text = readText(join(dir, file));
    if (text === null) continue;
    try {
      const entry = supervisorEntry.parse(JSON.parse(text));
      if (`${entry.sessionId}.json` !== file) throw new Error("it names another session than its file");
      entries.push(entry);
    } catch (fault) {
      problems.push({ file: join(dir, file), message: messageOf(fault) });
    }
  }
  return { entries, problems };
}

function listNames(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** One start of an agent, and what came after it. */
export interface PastStart {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  readonly outcome: string;
}

/** The last facts of a session, kept when it left the registry. */
export interface FinalFacts {
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  /** members that outlived the root and were killed */
  readonly leftovers: readonly ProcessIdentity[];
  /** nothing is left of the tree */
  readonly verified: boolean;
  readonly endedAt: string;
  /** the last starts, the newest last; empty when the supervisor died */
  readonly starts: readonly PastStart[];
}

export function writeFinalFacts(home: string, entry: SupervisorEntry, facts: FinalFacts): void {
  const paths = sessionPaths(home, entry.sessionId);
  ensurePrivateDir(paths.dir);
  writeFileAtomic(paths.final, JSON.stringify({ ...entry, ...facts }, null, 1) + "\n");
}

/** Ended sessions looked at, the newest first. */
const ENDED_MAX = 1000;

/** @returns the sessions of the agent that ended on this machine, the newest first */
export function findEndedSessions(home: string, agentId: string): SupervisorEntry[] {
  return listNames(join(home, "sessions"))
    .toSorted()
    .slice(-ENDED_MAX)
    .toReversed()
    .flatMap((sessionId) => {
      const text = readText(join(home, "sessions", sessionId, "final.json"));
      const entry = text === null ? undefined : supervisorEntry.safeParse(parseJson(text)).data;
      return entry?.agentId === agentId ? [entry] : [];
    });
}

/** @returns the session as it was when it ended on this machine; null when none of that id did */
export function findEndedSession(home: string, sessionId: string): SupervisorEntry | null {
  if (!name.safeParse(sessionId).success) return null;
  const text = readText(sessionPaths(home, sessionId).final);
  return text === null ? null : (supervisorEntry.safeParse(parseJson(text)).data ?? null);
}

const endedEntry = supervisorEntry.extend({
  verified: z.boolean(),
  leftovers: z.array(z.unknown()),
  endedAt: z.string(),
});
export type EndedEntry = z.infer<typeof endedEntry>;

/** @returns the sessions that ended here at that time or after it */
export function findSessionsEndedSince(home: string, sinceMs: number): EndedEntry[] {
  return listNames(join(home, "sessions")).flatMap((sessionId) => {
    const file = join(home, "sessions", sessionId, "final.json");
    // a file system may round the time down
    if ((statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < sinceMs - 1000) return [];
    const entry = endedEntry.safeParse(parseJson(readText(file) ?? "")).data;
    return entry !== undefined && Date.parse(entry.endedAt) >= sinceMs ? [entry] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @returns what holds are matched against */
export function subjectOf(entry: SupervisorEntry): HoldSubject {
  return { agent: entry.agentId, session: entry.sessionId, pack: entry.pack ?? undefined };
}

export function isOnThisHost(entry: SupervisorEntry): boolean {
  return entry.host === hostname();
}

/** @returns false when the system was started anew since: then nothing of the session can be left */
export function isSameBoot(entry: SupervisorEntry): boolean {
  return entry.bootId === readBootId();
}

export function isSupervisorAlive(entry: SupervisorEntry): boolean {
  if (!isOnThisHost(entry) || !isSameBoot(entry)) return false;
  const found = readProcess(entry.supervisor.pid);
  return found !== null && found.startTime === entry.supervisor.startTime && found.state !== "Z";
}

/** @returns the handle by which the session's tree can be stopped without its supervisor */
export function handleOf(entry: SupervisorEntry): TreeHandle {
  const { sessionId } = entry;
  if (!isSameBoot(entry)) return createTreeHandle({ sessionId, root: null, supervisor: null, cgroup: null });
  const cgroup = entry.cgroup !== null && isOurCgroup(entry.cgroup) ? entry.cgroup : null;
  const { root, supervisor, seen } = entry;
  // without the supervisor that holds it, the namespace's number may mean another one by now
  const tag = isSupervisorAlive(entry) ? entry.tag : null;
  return createTreeHandle({ sessionId, root, supervisor, cgroup, tag, seen });
}
