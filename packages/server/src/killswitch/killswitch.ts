import type { FSWatcher } from "node:fs";
import { watch as watchDir } from "node:fs";
import type { Hold } from "@firebreak/protocol";
import { formatId, hold as holdSchema } from "@firebreak/protocol";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import {
  ensurePrivateDir,
  FirebreakError,
  messageOf,
  OperatorError,
  toIso,
  withFileLock,
  withFreeFileLock,
} from "../kernel/index.ts";
import { keepReserve } from "./journal-file.ts";
import type { KillswitchPaths } from "./layout.ts";
import { checkTarget, killswitchPaths } from "./layout.ts";
import type { JournalRecord } from "./records.ts";
import type { JournalStore } from "./store.ts";
import { createJournalStore } from "./store.ts";
import type {
  HoldRequest,
  Killswitch,
  KillswitchListener,
  KillswitchState,
  ReleaseRequest,
  ReleaseResult,
  RepairResult,
} from "./types.ts";

export interface KillswitchOptions {
  /** FIREBREAK_HOME */
  readonly home: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  /** how often a change by another process is looked for when the system does not tell, ms; at most 100 */
  readonly pollMs?: number;
}

interface Room {
  readonly options: KillswitchOptions;
  readonly paths: KillswitchPaths;
  readonly store: JournalStore;
  readonly listeners: Set<KillswitchListener>;
  /** stops that could not be written: in force here, tried again */
  readonly volatile: Map<string, Hold>;
  /** writers of this process stand in line here before they stand in line for the file */
  queue: Promise<unknown>;
  told: string;
  polls: number;
}

const DEFAULT_POLL_MS = 50;
/** Holds beyond this number are refused to automation; people can always stop. */
const AUTOMATIC_HOLDS_MAX = 10_000;
/** Everything the unreadable journal could have said. */
const UNREADABLE_HOLD_ID = formatId("hold", 0, new Uint8Array(16));

/** Opens (and, the first time, makes) the kill switch. @throws OperatorError when the directory cannot be used */
export function openKillswitch(options: KillswitchOptions): Killswitch {
  const paths = killswitchPaths(options.home);
  try {
    ensurePrivateDir(paths.dir);
    ensurePrivateDir(paths.flags);
  } catch (fault) {
    throw new OperatorError(
      `The kill switch's directory ${paths.dir} cannot be used: ${messageOf(fault)}`,
      "Give this user the right to write there, or set FIREBREAK_HOME to a directory of its own.",
      { cause: fault },
    );
  }
  keepReserve(paths.reserve);
  const store = createJournalStore(paths);
  const room: Room = {
    options,
    paths,
    store,
    listeners: new Set(),
    volatile: new Map(),
    queue: Promise.resolve(),
    told: "",
    polls: 0,
  };
  settleNow(room);
  room.told = signOf(room, readState(room));
  return createHandle(room, startWatching(room));
}

function createHandle(room: Room, stopWatching: () => void): Killswitch {
  return {
    dir: room.paths.dir,
    current: () => readState(room),
    history: () => [...room.store.known().closed.values()],
    add: (request) => addHold(room, request),
    release: (holdId, request) => releaseHold(room, holdId, request),
    expire: (nowMs) => expireHolds(room, nowMs),
    watch: (listener) => {
      room.listeners.add(listener);
      return () => room.listeners.delete(listener);
    },
    repair: (request) => repairJournal(room, request),
    close: stopWatching,
  };
}

function readState(room: Room): KillswitchState {
  room.store.refresh();
  const { epoch, holds } = room.store.known();
  const inForce = [...holds.values(), ...room.volatile.values()];
  const damage = room.store.damage();
  if (damage !== null) {
    return {
      epoch,
      holds: [...inForce, unreadableHold(epoch, damage.problem)],
      health: { state: "damaged", problem: damage.problem, remedy: "Run `firebreak doctor --repair-killswitch`." },
    };
  }
  if (room.volatile.size === 0) return { epoch, holds: inForce, health: { state: "ok" } };
  const problem = `${room.volatile.size} stop(s) could not be written to ${room.paths.journal} and hold in this process only`;
  return { epoch, holds: inForce, health: { state: "not_durable", problem, remedy: "Free space on that disk." } };
}

function unreadableHold(epoch: number, problem: string): Hold {
  return {
    id: UNREADABLE_HOLD_ID,
    epoch,
    scope: "global",
    target: null,
    level: "deny",
    reason: `the kill switch's journal cannot be read, so nothing may act: ${problem}`,
    actor: { kind: "daemon", id: "killswitch", name: "Kill switch" },
    incidentId: null,
    at: toIso(0),
    expiresAt: null,
  };
}

/** One writer at a time in this process, then one among all processes; `work` must not wait for anything. */
async function write<T>(room: Room, work: () => T): Promise<T> {
  const turn = room.queue.then(() => {
    ensurePrivateDir(room.paths.dir);
    return withFileLock(room.paths.lock, room.options.clock, () => {
      room.store.refresh();
      room.store.restore(toIso(room.options.clock.now()));
      return work();
    });
  });
  room.queue = turn.catch(() => undefined);
  const result = await turn;
  tellListeners(room);
  return result;
}

function append(room: Room, make: (epoch: number, at: string) => JournalRecord): void {
  room.store.append(make(room.store.known().epoch + 1, toIso(room.options.clock.now())));
}

function publish(room: Room): void {
  try {
    const flagged = readState(room).holds;
    const holds = flagged.filter((hold) => hold.id !== UNREADABLE_HOLD_ID);
    room.store.publish(holds, flagged, toIso(room.options.clock.now()));
  } catch (fault) {
    room.options.logger.error(
      "the kill switch's flag files or snapshot could not be written; the journal has the stop",
      {
        dir: room.paths.dir,
        error: messageOf(fault),
      },
    );
  }
}

async function addHold(room: Room, request: HoldRequest): Promise<Hold> {
  const wanted = makeHold(room, request);
  try {
    return await write(room, () => {
      const existing = findHold(room, wanted.id);
      if (existing !== undefined) return sameHold(existing, wanted);
      checkRoom(room, wanted);
      append(room, (epoch, at) => ({ kind: "hold", epoch, at, hold: { ...wanted, epoch } }));
      room.volatile.delete(wanted.id);
      publish(room);
      return room.store.known().holds.get(wanted.id) ?? wanted;
    });
  } catch (fault) {
    if (fault instanceof FirebreakError && fault.code !== "conflict") throw fault;
    if (findHold(room, wanted.id) !== undefined) throw fault;
    holdInMemory(room, wanted);
    throw new FirebreakError(
      "storage_unavailable",
      `The stop is in force in this process but could not be written to ${room.paths.journal}: ${messageOf(fault)}. Free space or rights there and repeat it.`,
      { cause: fault },
    );
  }
}

function holdInMemory(room: Room, hold: Hold): void {
  room.volatile.set(hold.id, { ...hold, epoch: room.store.known().epoch });
  publish(room);
  tellListeners(room);
}

function makeHold(room: Room, request: HoldRequest): Hold {
  checkTarget(request.scope, request.target);
  const parsed = holdSchema.safeParse({
    id: request.id ?? room.options.newId("hold"),
    epoch: 0,
    scope: request.scope,
    target: request.target,
    level: request.level,
    reason: request.reason.slice(0, 1000),
    actor: request.actor,
    incidentId: request.incidentId ?? null,
    at: toIso(room.options.clock.now()),
    expiresAt: request.expiresAt ?? null,
  });
  if (parsed.success) return parsed.data;
  throw new FirebreakError("invalid_body", `the hold is not valid: ${parsed.error.issues[0]?.message ?? "unknown"}`);
}

function findHold(room: Room, id: string): Hold | undefined {
  const { holds, closed } = room.store.known();
  return holds.get(id) ?? closed.get(id)?.hold;
}

function sameHold(existing: Hold, wanted: Hold): Hold {
  const same = existing.scope === wanted.scope && existing.target === wanted.target && existing.level === wanted.level;
  if (same) return existing;
  throw new FirebreakError("conflict", `the hold ${wanted.id} exists already for something else; use a new id`);
}

function checkRoom(room: Room, wanted: Hold): void {
  if (room.store.known().holds.size < AUTOMATIC_HOLDS_MAX) return;
  if (wanted.actor.kind === "person" || wanted.actor.kind === "cli") return;
  throw new FirebreakError(
    "too_many_requests",
    `${AUTOMATIC_HOLDS_MAX} holds are in force; release some or stop with a wider scope`,
  );
}

async function releaseHold(room: Room, holdId: string, request: ReleaseRequest): Promise<ReleaseResult> {
  if (request.actor.kind !== "person" && request.actor.kind !== "cli") {
    throw new FirebreakError("forbidden", `a ${request.actor.kind} cannot release a stop; a person has to`);
  }
  return write(room, (): ReleaseResult => {
    const wasVolatile = room.volatile.delete(holdId);
    const wasInForce = room.store.known().holds.has(holdId);
    if (wasInForce) {
      const { actor, reason } = request;
      append(room, (epoch, at) => ({ kind: "release", epoch, at, holdId, actor, reason: reason.slice(0, 1000) }));
    }
    publish(room);
    const { epoch, closed } = room.store.known();
    if (wasInForce || wasVolatile) return { state: "released", epoch };
    return { state: closed.has(holdId) ? "already_released" : "not_found", epoch };
  });
}

async function expireHolds(room: Room, nowMs: number): Promise<readonly Hold[]> {
  const isOver = (hold: Hold) => hold.expiresAt !== null && Date.parse(hold.expiresAt) <= nowMs;
  if (![...room.store.known().holds.values()].some(isOver)) return [];
  return write(room, () => {
    const over = [...room.store.known().holds.values()].filter(isOver);
    for (const hold of over) append(room, (epoch, at) => ({ kind: "expire", epoch, at, holdId: hold.id }));
    publish(room);
    return over;
  });
}

async function repairJournal(room: Room, request: ReleaseRequest): Promise<RepairResult> {
  return write(room, () => {
    const damage = room.store.damage();
    if (damage === null) return { repaired: false, kept: null, safetyHold: null };
    const at = toIso(room.options.clock.now());
    const kept = room.store.rewrite(`repaired: ${request.reason.slice(0, 500)}`, at);
    let safetyHold: Hold | null = null;
    if (!damage.holdsKnown) {
      const reason = `the journal was damaged (${damage.problem}); look at ${kept ?? "what was stopped"}, then release this`;
      safetyHold = makeHold(room, { scope: "global", target: null, level: "deny", reason, actor: request.actor });
      const hold = safetyHold;
      append(room, (epoch) => ({ kind: "hold", epoch, at, hold: { ...hold, epoch } }));
    }
    publish(room);
    return { repaired: true, kept, safetyHold };
  });
}

/** Brings the files in order before anybody reads them, unless another process is at it. */
function settleNow(room: Room): void {
  try {
    const done = withFreeFileLock(room.paths.lock, () => settleFiles(room));
    if (done === undefined) void settle(room);
  } catch (fault) {
    tellUnsettled(room, fault);
  }
}

async function settle(room: Room): Promise<void> {
  try {
    await write(room, () => settleFiles(room));
  } catch (fault) {
    tellUnsettled(room, fault);
  }
}

function tellUnsettled({ options, paths }: Room, fault: unknown): void {
  options.logger.error("the kill switch's files could not be brought in order", {
    dir: paths.dir,
    error: messageOf(fault),
  });
}

/** Restores what the files lost, publishes what they lack, writes what waits in memory. Call under the lock. */
function settleFiles(room: Room): true {
  const at = toIso(room.options.clock.now());
  room.store.refresh();
  room.store.restore(at);
  for (const hold of room.volatile.values()) {
    append(room, (epoch, time) => ({ kind: "hold", epoch, at: time, hold: { ...hold, epoch } }));
    room.volatile.delete(hold.id);
  }
  room.store.compactIfLong(at);
  publish(room);
  keepReserve(room.paths.reserve);
  return true;
}

function startWatching(room: Room): () => void {
  const timer = setInterval(() => poll(room), Math.min(room.options.pollMs ?? DEFAULT_POLL_MS, 100));
  timer.unref();
  let watcher: FSWatcher | null = null;
  try {
    watcher = watchDir(room.paths.dir, { persistent: false }, () => tellListeners(room));
    watcher.on("error", () => watcher?.close());
  } catch {
    // the poll alone keeps the bound
  }
  return () => {
    clearInterval(timer);
    watcher?.close();
    room.listeners.clear();
  };
}

/** Tells of changes; a lost journal is written anew at once, what is less urgent is mended twice a second. */
function poll(room: Room): void {
  tellListeners(room);
  room.polls++;
  const isTurn = room.polls % 10 === 0;
  if (room.store.isBehind() || (isTurn && (room.volatile.size > 0 || room.store.isUnpublished(readState(room).holds))))
    void settle(room);
}

function tellListeners(room: Room): void {
  const state = readState(room);
  const sign = signOf(room, state);
  if (sign === room.told) return;
  room.told = sign;
  for (const listener of room.listeners) {
    try {
      listener(state);
    } catch (fault) {
      room.options.logger.error("a listener of the kill switch failed", { error: messageOf(fault) });
    }
  }
}

function signOf(room: Room, state: KillswitchState): string {
  return `${state.epoch} ${state.health.state} ${room.volatile.size}`;
}
