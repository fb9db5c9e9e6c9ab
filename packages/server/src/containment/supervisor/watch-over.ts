import { messageOf } from "../../kernel/index.ts";
import type { CgroupRef, ForeignCache, ProcessKey } from "../process-tree/index.ts";
import {
  confirmCgroup,
  createTreeHandle,
  findScopeGroup,
  holdTagOf,
  readTagName,
  watchTree,
} from "../process-tree/index.ts";
import { isEntryIntact, writeSupervisorEntry } from "../registry.ts";
import { hasComeLoose } from "./enforcement.ts";
import type { Session } from "./session.ts";
import { makeEvent } from "./telemetry.ts";

const WATCH_MS = 250;
/** With a cgroup only those that left it need to be seen; each look reads the whole process table. */
const WATCH_CGROUP_MS = 3000;
const GUARD_FROZEN_MS = 500;
const HEARTBEAT_MS = 5000;
/** How often, and how long at most, to look whether the agent is where it was put. */
const SETTLE_EVERY_MS = 20;
const SETTLE_MS = 5000;

/** Remembers members, keeps a frozen tree frozen, and beats. @returns what ends it */
export function watchOver(session: Session): () => void {
  const foreign: ForeignCache = new Map();
  const { scope, group } = session.enclosure;
  const stopSettling = settle(session);
  const look = setInterval(
    () => {
      watchTree(session.handle, foreign);
      rememberSeen(session);
    },
    group === null && scope === null ? WATCH_MS : WATCH_CGROUP_MS,
  );
  let isBusy = false;
  const guard = setInterval(() => {
    if (isBusy || !hasComeLoose(session.enforcement.state, session.handle)) return;
    isBusy = true;
    void session.enforcement.enforceAgain().finally(() => {
      isBusy = false;
    });
  }, GUARD_FROZEN_MS);
  const beat = setInterval(() => {
    const { state } = session.enforcement;
    session.spool.push(makeEvent(session.maker, "heartbeat", { state, processes: session.handle.seen.size }));
    session.link?.beat();
  }, session.options.heartbeatMs ?? HEARTBEAT_MS);
  return () => {
    stopSettling();
    for (const timer of [look, guard, beat]) clearInterval(timer);
  };
}

/** Learns by which group and which tag the agent is known: it gets there by itself, a moment after its start. */
function settle(session: Session): () => void {
  const { root } = session.entry;
  const startMs = session.options.clock.monotonicMs();
  const timer = setInterval(() => {
    const isLate = session.options.clock.monotonicMs() - startMs > SETTLE_MS;
    const isThere = root !== null && isEnclosed(session, root);
    if (!isThere && !isLate) return;
    clearInterval(timer);
    takeStanding(session, root, isThere);
  }, SETTLE_EVERY_MS);
  return () => clearInterval(timer);
}

function groupOfAgent({ enclosure, entry }: Session, root: ProcessKey): CgroupRef | null {
  if (enclosure.scope !== null) return findScopeGroup(root, enclosure.scope);
  return entry.cgroup === null ? null : confirmCgroup(root, entry.cgroup);
}

/** @returns false while the agent is still on its way */
function isEnclosed(session: Session, root: ProcessKey): boolean {
  const { enclosure, entry } = session;
  const name = enclosure.tagged ? readTagName(root.pid) : null;
  if (enclosure.tagged && (name === null || name === readTagName("self"))) return false;
  return (entry.cgroup === null && enclosure.scope === null) || groupOfAgent(session, root) !== null;
}

function takeStanding(session: Session, root: ProcessKey | null, isThere: boolean): void {
  const cgroup = isThere && root !== null ? groupOfAgent(session, root) : null;
  if (cgroup === null && (session.entry.cgroup !== null || session.enclosure.scope !== null)) {
    // the kernel refused to take it in; then the group proves nothing
    session.options.logger.warn("the agent is not in its cgroup; it is followed by its processes only");
  }
  session.heldTag = isThere && session.enclosure.tagged && root !== null ? holdTagOf(root.pid) : null;
  const tag = session.heldTag?.tag ?? null;
  session.handle = createTreeHandle({ ...session.handle, cgroup, tag });
  session.entry = { ...session.entry, cgroup, tag };
  writeEntry(session);
}

function rememberSeen(session: Session): void {
  const seen = [...session.handle.seen].slice(-8192);
  const known = session.entry.seen;
  const isKnown =
    seen.length === known.length && seen.every(([pid, start], i) => known[i]?.[0] === pid && known[i][1] === start);
  // an agent that changes or removes the file would be stopped by its supervisor only, and by nobody after that
  if (isKnown && isEntryIntact(session.options.home, session.entry)) return;
  session.entry = { ...session.entry, seen };
  writeEntry(session);
}

function writeEntry(session: Session): void {
  try {
    writeSupervisorEntry(session.options.home, session.entry);
  } catch (fault) {
    session.options.logger.warn("the session's registry file could not be written", { error: messageOf(fault) });
  }
}
