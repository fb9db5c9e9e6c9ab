import type { ProcessIdentity } from "@firebreak/protocol";
import { readCgroupPids } from "./cgroup.ts";
import { areThreadsStopped, hasPendingStop, readSessionMarker } from "./process-table.ts";
import { readTagName } from "./tag.ts";
import type { ProcessEntry, ProcessTable, TreeHandle } from "./types.ts";

/** Processes known to carry no mark of ours: pid → start time. Spares reading their environment again. */
export type ForeignCache = Map<number, string>;

/** The living members of one tree. */
export interface Members {
  readonly all: ReadonlyMap<number, ProcessEntry>;
  /** those the tree's cgroup does not hold */
  readonly outside: readonly ProcessEntry[];
  /** those that nobody has counted yet */
  readonly dead: readonly ProcessEntry[];
}

interface Index {
  readonly table: ProcessTable;
  readonly byParent: ReadonlyMap<number, readonly ProcessEntry[]>;
  readonly bySession: ReadonlyMap<number, readonly ProcessEntry[]>;
}

interface Search {
  readonly handle: TreeHandle;
  readonly index: Index;
  readonly found: Map<number, ProcessEntry>;
  readonly inside: ReadonlySet<number>;
  readonly sessions: Set<number>;
  readonly queue: ProcessEntry[];
}

const SEEN_MAX = 8192;

/**
 * Finds the members of many trees in one process table. A member is in the tree's cgroup, or is the root, or descends
 * from a member, or shares a session with one, or carries the session's marker or its tag, or was seen as one before.
 * Every member found is remembered in its handle.
 */
export function resolveTrees(
  handles: readonly TreeHandle[],
  table: ProcessTable,
  foreign: ForeignCache,
): Map<string, Members> {
  const index = indexTable(table);
  const searches = handles.map((handle) => searchTree(handle, index));
  addMarked(searches, table, foreign);
  return new Map(searches.map((search) => [search.handle.sessionId, finish(search)]));
}

function indexTable(table: ProcessTable): Index {
  const byParent = new Map<number, ProcessEntry[]>();
  const bySession = new Map<number, ProcessEntry[]>();
  for (const entry of table.values()) {
    pushTo(byParent, entry.ppid, entry);
    pushTo(bySession, entry.sid, entry);
  }
  return { table, byParent, bySession };
}

function pushTo(map: Map<number, ProcessEntry[]>, key: number, entry: ProcessEntry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

function searchTree(handle: TreeHandle, index: Index): Search {
  const inside = new Set(handle.cgroup === null ? [] : readCgroupPids(handle.cgroup));
  const search: Search = { handle, index, inside, found: new Map(), sessions: new Set(), queue: [] };
  if (handle.supervisor !== null) {
    const supervisor = index.table.get(handle.supervisor.pid);
    if (supervisor?.startTime === handle.supervisor.startTime) search.sessions.add(supervisor.sid);
  }
  for (const pid of inside) addPid(search, pid, null);
  if (handle.root !== null) addKnown(search, handle.root.pid, handle.root.startTime);
  for (const [pid, startTime] of handle.seen) addKnown(search, pid, startTime);
  spread(search);
  return search;
}

/** A known member, and the session it led: a session's number is not given anew while someone is in it. */
function addKnown(search: Search, pid: number, startTime: string): void {
  addPid(search, pid, startTime);
  const leader = search.index.table.get(pid);
  if (leader === undefined || leader.startTime === startTime) addSession(search, pid);
}

function addPid(search: Search, pid: number, startTime: string | null): void {
  const entry = search.index.table.get(pid);
  if (entry !== undefined && (startTime === null || entry.startTime === startTime)) add(search, entry);
}

function add(search: Search, entry: ProcessEntry): void {
  if (search.found.has(entry.pid) || isNever(search.handle, entry)) return;
  search.found.set(entry.pid, entry);
  search.queue.push(entry);
}

function addSession(search: Search, sid: number): void {
  if (search.sessions.has(sid)) return;
  search.sessions.add(sid);
  for (const entry of search.index.bySession.get(sid) ?? []) add(search, entry);
}

function spread(search: Search): void {
  for (let entry = search.queue.pop(); entry !== undefined; entry = search.queue.pop()) {
    for (const child of search.index.byParent.get(entry.pid) ?? []) add(search, child);
    addSession(search, entry.sid);
  }
}

/** Never this process, never the tree's supervisor, never the first process. */
function isNever(handle: TreeHandle, entry: ProcessEntry): boolean {
  if (entry.pid <= 1 || entry.pid === process.pid) return true;
  return entry.pid === handle.supervisor?.pid && entry.startTime === handle.supervisor.startTime;
}

function addMarked(searches: readonly Search[], table: ProcessTable, foreign: ForeignCache): void {
  const bySession = new Map(searches.map((search) => [search.handle.sessionId, search]));
  const byTag = new Map(
    searches.flatMap((search) => (search.handle.tag === null ? [] : [[search.handle.tag.name, search]])),
  );
  const known = new Set(searches.flatMap((search) => [...search.found.keys()]));
  for (const entry of table.values()) {
    if (known.has(entry.pid) || foreign.get(entry.pid) === entry.startTime || isDead(entry)) continue;
    const marker = readSessionMarker(entry.pid);
    const tag = marker === null && byTag.size > 0 ? readTagName(entry.pid) : null;
    const search = bySession.get(marker ?? "") ?? byTag.get(tag ?? "");
    if (search === undefined) {
      foreign.set(entry.pid, entry.startTime);
      continue;
    }
    add(search, entry);
    spread(search);
  }
  for (const [pid, startTime] of foreign) if (table.get(pid)?.startTime !== startTime) foreign.delete(pid);
}

function finish(search: Search): Members {
  const { handle, found, inside } = search;
  const dead = [...found.values()].filter(isDead);
  for (const [pid, entry] of found) {
    if (isDead(entry)) found.delete(pid);
    else if (handle.seen.size < SEEN_MAX) handle.seen.set(pid, entry.startTime);
  }
  forgetDead(search);
  return { all: found, outside: [...found.values()].filter((entry) => !inside.has(entry.pid)), dead };
}

/** Forgets members that are gone, unless the session they led lives on. */
function forgetDead({ handle, index }: Search): void {
  for (const [pid, startTime] of handle.seen) {
    if (index.table.get(pid)?.startTime !== startTime && !index.bySession.has(pid)) handle.seen.delete(pid);
  }
}

/** A zombie does nothing any more and only waits to be counted, unless it is a first thread that left others behind. */
export function isDead(entry: ProcessEntry): boolean {
  return (entry.state === "Z" && entry.threads <= 1) || entry.state === "X";
}

export function toIdentity({ pid, startTime, command, state }: ProcessEntry): ProcessIdentity {
  return { pid, startTime, command, state };
}

/** @returns true when a member can run no instruction: stopped with all its threads, or waiting for a stopped child */
export function isStopped(entry: ProcessEntry, members: ReadonlyMap<number, ProcessEntry>): boolean {
  if ("TtZ".includes(entry.state)) return areThreadsStopped(entry, (pid) => members.has(pid));
  if (entry.state !== "D" || !hasPendingStop(entry.pid)) return false;
  for (const other of members.values()) if (other.ppid === entry.pid && other.state === "T") return true;
  return false;
}
