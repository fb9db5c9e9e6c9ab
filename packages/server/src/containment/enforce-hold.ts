import type { Hold, HoldLevel, HoldRule, ProcessIdentity, StopResult } from "@firebreak/protocol";
import { effectiveLevel, HOLD_LEVELS, holdCovers } from "@firebreak/protocol";
import type { Clock, Logger } from "../kernel/index.ts";
import { toIso } from "../kernel/index.ts";
import { askSupervisor, readStopResult } from "./control-socket.ts";
import { listTree, observeTree, removeCgroup, removeLimits } from "./process-tree/index.ts";
import type { SupervisorEntry, SupervisorList } from "./registry.ts";
import {
  findSessionsEndedSince,
  handleOf,
  isOnThisHost,
  isSupervisorAlive,
  readSupervisorEntries,
  removeSupervisorEntry,
  subjectOf,
  writeFinalFacts,
} from "./registry.ts";
import { stopTrees } from "./stop-trees.ts";

export interface EnforceOptions {
  /** FIREBREAK_HOME */
  readonly home: string;
  readonly clock: Clock;
  /** for a freeze or a kill to be verified; default 2000. A freeze that fails gets the same again for its kill. */
  readonly deadlineMs?: number;
  /** told of registry files that cannot be read */
  readonly logger?: Logger | undefined;
}

const DEADLINE_MS = 2000;
/** How long a live supervisor may take to answer when only it may signal its tree. */
const ANSWER_MS = 1500;

/**
 * Brings every supervised session that the hold covers to the hold's level and proves it. Works without the server and
 * without the supervisors: the trees are stopped directly, all at once; a supervisor is asked only where this process
 * may not signal its tree. The hold must be in the journal already, so that no supervisor lifts what this sets.
 *
 * @returns one result per covered session; none of them is called stopped without proof
 */
export async function enforceHold(options: EnforceOptions & { readonly hold: Hold }): Promise<StopResult[]> {
  const { home, hold } = options;
  const { entries, problems } = readSupervisorEntries(home);
  for (const problem of problems) options.logger?.error("a session's registry file cannot be read", { ...problem });
  const covered = entries.filter((entry) => holdCovers(hold, subjectOf(entry)));
  const results = await enforceDirect({ ...options, level: hold.level, entries: covered, hold });
  return [...results, ...endedMeanwhile(home, hold, covered)];
}

/** Sessions whose supervisors saw the hold in the journal and ended them before the registry was read. */
function endedMeanwhile(home: string, hold: Hold, covered: readonly SupervisorEntry[]): StopResult[] {
  if (hold.level === "deny") return [];
  const sinceMs = Date.parse(hold.at);
  const known = new Set(covered.map((entry) => entry.sessionId));
  return findSessionsEndedSince(home, sinceMs)
    .filter((entry) => !known.has(entry.sessionId) && holdCovers(hold, subjectOf(entry)))
    .map(({ sessionId, agentId, pack, verified, leftovers, endedAt }) => ({
      sessionId,
      agentId,
      pack,
      level: hold.level,
      state: verified ? "verified_stopped" : "unverified",
      elapsedMs: Date.parse(endedAt) - sinceMs,
      proof: verified ? "no process left: its supervisor ended it" : "its supervisor could not end all of it",
      processes: leftovers.length,
      remaining: [],
    }));
}

/** Stops the given sessions by their registry entries. @returns one result per entry, in their order */
export async function enforceDirect(
  options: EnforceOptions & { level: HoldLevel; entries: readonly SupervisorEntry[]; hold?: Hold },
): Promise<StopResult[]> {
  const { entries, level, clock, home } = options;
  const here = entries.filter(isOnThisHost);
  const targets = here.map((entry) => ({ handle: handleOf(entry), agentId: entry.agentId, pack: entry.pack }));
  const direct = await stopTrees(targets, level, { clock, deadlineMs: options.deadlineMs ?? DEADLINE_MS });
  const results = await Promise.all(
    entries.map(async (entry) => {
      const result = direct.find((candidate) => candidate.sessionId === entry.sessionId);
      if (result === undefined) return unreachable(entry, level);
      if (result.state === "verified_stopped" || result.state === "acknowledged") return result;
      return (await askFor(entry, options.hold)) ?? result;
    }),
  );
  for (const entry of entries) {
    const result = results.find((candidate) => candidate.sessionId === entry.sessionId);
    if (result?.level === "kill" && result.state === "verified_stopped") tidyAway(home, entry, clock);
  }
  return results;
}

function unreachable(entry: SupervisorEntry, level: HoldLevel): StopResult {
  return {
    sessionId: entry.sessionId,
    agentId: entry.agentId,
    pack: entry.pack,
    level,
    state: "unreachable",
    elapsedMs: null,
    proof: `it runs on another host, ${entry.host}, and is stopped by its supervisor there when that sees the journal`,
    processes: 0,
    remaining: [],
  };
}

/** An agent may have put itself in its supervisor's place: what is said to stand still is looked at. */
async function askFor(entry: SupervisorEntry, hold: Hold | undefined): Promise<StopResult | null> {
  if (hold === undefined || !isSupervisorAlive(entry)) return null;
  const answer = readStopResult(await askSupervisor(entry.socketPath, { op: "enforce", hold }, ANSWER_MS));
  if (answer?.state !== "verified_stopped") return answer;
  const isTrue = answer.sessionId === entry.sessionId && observeTree(handleOf(entry)).state !== "running";
  return isTrue ? answer : null;
}

/** A dead supervisor cannot clear away what it left; once its tree is proved gone, this does. */
function tidyAway(home: string, entry: SupervisorEntry, clock: Clock): void {
  if (isSupervisorAlive(entry)) return;
  const { cgroup } = handleOf(entry);
  if (cgroup !== null) removeCgroup(cgroup);
  removeLimits(entry.sessionId);
  const endedAt = toIso(clock.now());
  writeFinalFacts(home, entry, {
    exitCode: null,
    exitSignal: null,
    leftovers: [],
    verified: true,
    endedAt,
    starts: [],
  });
  removeSupervisorEntry(home, entry.sessionId);
}

export interface LiftResult {
  readonly sessionId: string;
  readonly agentId: string;
  /** held: another hold covers it. orphaned: it stays frozen because no supervisor is left to watch it. */
  readonly state: "running" | "held" | "orphaned" | "gone" | "unverified";
}

/**
 * Lets the sessions that a released hold covered run again, as far as no other hold covers them.
 *
 * @param options.hold the hold that was released
 * @param options.holds the holds that are still in force
 */
export async function liftHold(
  options: EnforceOptions & { readonly hold: HoldRule; readonly holds: readonly HoldRule[] },
): Promise<LiftResult[]> {
  const { home, hold, holds } = options;
  const covered = readSupervisorEntries(home).entries.filter((entry) => holdCovers(hold, subjectOf(entry)));
  return Promise.all(
    covered.map(async (entry) => {
      const { sessionId, agentId } = entry;
      return { sessionId, agentId, state: await liftOne(entry, holds, options) };
    }),
  );
}

async function liftOne(
  entry: SupervisorEntry,
  holds: readonly HoldRule[],
  options: EnforceOptions,
): Promise<LiftResult["state"]> {
  const level = effectiveLevel(holds, subjectOf(entry));
  if (level !== null && HOLD_LEVELS.indexOf(level) >= HOLD_LEVELS.indexOf("freeze")) return "held";
  if (!isSupervisorAlive(entry)) return observeTree(handleOf(entry)).state === "gone" ? "gone" : "orphaned";
  await askSupervisor(entry.socketPath, { op: "thaw" }, options.deadlineMs ?? DEADLINE_MS);
  const { state } = observeTree(handleOf(entry));
  if (state === "gone") return "gone";
  if (state === "running") return level === null ? "running" : "held";
  return "unverified";
}

/** A supervised session as it is now. */
export interface SupervisorStatus extends SupervisorEntry {
  /** the supervisor lives */
  readonly alive: boolean;
  readonly supervisorPid: number;
  readonly tree: "running" | "frozen" | "gone" | "elsewhere";
}

/** Lists the supervised sessions with what is known of them. */
export function listSupervisors(options: { home: string }): SupervisorStatus[] {
  return readSupervisorEntries(options.home).entries.map((entry) => ({
    ...entry,
    alive: isSupervisorAlive(entry),
    supervisorPid: entry.supervisor.pid,
    tree: isOnThisHost(entry) ? observeTree(handleOf(entry)).state : "elsewhere",
  }));
}

/** @returns the registry files that cannot be read: their sessions cannot be stopped through them */
export function listRegistryProblems(options: { home: string }): SupervisorList["problems"] {
  return readSupervisorEntries(options.home).problems;
}

/** @returns the living members of one session's tree; null when no such session is registered */
export function listTreeOf(options: { home: string; sessionId: string }): ProcessIdentity[] | null {
  const entry = findSupervisor(options);
  return entry === null ? null : listTree(handleOf(entry));
}

export function findSupervisor(options: { home: string; sessionId: string }): SupervisorEntry | null {
  const { entries } = readSupervisorEntries(options.home);
  return entries.find((entry) => entry.sessionId === options.sessionId) ?? null;
}

/**
 * Freezes the trees whose supervisor died: nobody watches them, so they may not run on. Called by whoever comes by
 * first (a server at its start and on its rounds, a supervisor, the command line).
 *
 * @returns one result per orphaned session that still has processes
 */
export async function freezeOrphans(options: EnforceOptions): Promise<StopResult[]> {
  const orphans = readSupervisorEntries(options.home).entries.filter(
    (entry) => isOnThisHost(entry) && !isSupervisorAlive(entry),
  );
  const gone = orphans.filter((entry) => observeTree(handleOf(entry)).state === "gone");
  for (const entry of gone) tidyAway(options.home, entry, options.clock);
  return enforceDirect({ ...options, level: "freeze", entries: orphans.filter((entry) => !gone.includes(entry)) });
}
