import { linkSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Hold } from "@firebreak/protocol";
import { writeFileAtomic } from "../kernel/index.ts";
import type { KnownHolds } from "./fold.ts";
import { damagedLines, mergeKnown } from "./fold.ts";
import { appendDurably, noView, readFlags, readJournal, readSnapshot } from "./journal-file.ts";
import type { JournalView } from "./journal-file.ts";
import type { KillswitchPaths } from "./layout.ts";
import { areFlagsPublished, publishState } from "./publish.ts";
import type { JournalRecord } from "./records.ts";
import { encodeRecord } from "./records.ts";

export interface Damage {
  readonly problem: string;
  /** true when another copy proves that no hold was lost with the unreadable part */
  readonly holdsKnown: boolean;
}

/** One process's knowledge of the holds: what the journal says, and what it said before it was lost. */
export interface JournalStore {
  /** Reads what changed on disk. Never throws: what cannot be read is damage. */
  refresh(): void;
  known(): KnownHolds;
  damage(): Damage | null;
  /** @throws the system's error when the record is not durable */
  append(record: JournalRecord): void;
  /** Writes a lost or shortened journal anew from what is known. Call under the lock. */
  restore(at: string): void;
  /** Starts a new journal from what is known; @returns where the old one was kept, or null */
  rewrite(why: string, at: string): string | null;
  compactIfLong(at: string): void;
  publish(holds: readonly Hold[], flagged: readonly Hold[], at: string): void;
  /** @returns true when the journal on disk knows less than this process */
  isBehind(): boolean;
  /** @returns true when `state.json` or the flags do not say what the journal says */
  isUnpublished(flagged: readonly Hold[]): boolean;
}

const COMPACT_BYTES = 1024 * 1024;
const KEPT_JOURNALS_MAX = 32;
const KEPT = /^journal\.kept-\d+\.jsonl$/;

interface Store {
  readonly paths: KillswitchPaths;
  view: JournalView;
  memory: KnownHolds;
  /** false when `memory` itself comes from a copy that may lack a hold */
  memoryTrusted: boolean;
  holdsKnown: boolean;
  behind: boolean;
  lost: string | null;
}

export function createJournalStore(paths: KillswitchPaths): JournalStore {
  // the snapshot first: a writer between the two reads then makes the journal the newer one
  const snapshot = readSnapshot(paths.snapshot);
  const holds = new Map(snapshot?.holds.map((hold) => [hold.id, hold]));
  const closed = new Map(snapshot?.closed.map((entry) => [entry.hold.id, entry]));
  const store: Store = {
    paths,
    view: noView(),
    memory: { epoch: snapshot?.epoch ?? 0, holds, closed },
    memoryTrusted: snapshot !== null && (snapshot.damage === null || snapshot.damage.holdsKnown),
    holdsKnown: true,
    behind: false,
    lost: null,
  };
  refresh(store, true);
  if (snapshot === null && store.view.inode === 0 && readFlags(paths.flags).length > 0) {
    store.lost = `${paths.journal} and ${paths.snapshot} are gone, but flag files say that stops were in force`;
  }
  return createStoreHandle(store);
}

function createStoreHandle(store: Store): JournalStore {
  return {
    refresh: () => refresh(store, false),
    known: () => store.memory,
    damage: () => damageOf(store),
    append: (record) => append(store, record),
    restore: (at) => {
      if (store.behind && damageOf(store) === null) rewrite(store, "the journal was lost or cut", at);
    },
    rewrite: (why, at) => rewrite(store, why, at),
    compactIfLong: (at) => {
      if (store.view.bytes > COMPACT_BYTES && damageOf(store) === null) rewrite(store, "compacted", at);
    },
    publish: (holds, flagged, at) => publish(store, holds, flagged, at),
    isBehind: () => store.behind,
    isUnpublished: (flagged) => isUnpublished(store) || !areFlagsPublished(store.paths, flagged),
  };
}

function refresh(store: Store, isFirst: boolean): void {
  const epochBefore = store.memory.epoch;
  const view = readJournal(store.paths.journal, store.view);
  if (view === store.view && !isFirst) return;
  store.view = view;
  if (view.fault !== null) return;
  const { fold } = view;
  const base = store.memory;
  const bad = damagedLines(fold);
  store.behind = fold.epoch < base.epoch;
  if (bad.length > 0) {
    store.holdsKnown = store.memoryTrusted && bad.every((line) => line.epochBefore < epochBefore);
    if (!store.holdsKnown) store.memoryTrusted = false;
  }
  if (bad.length === 0 && !store.behind) {
    store.memory = fold;
    store.memoryTrusted = true;
    store.lost = null;
  } else {
    store.memory = store.behind ? mergeKnown(base, fold) : mergeKnown(fold, base);
  }
}

function damageOf(store: Store): Damage | null {
  if (store.view.fault !== null) return { problem: store.view.fault, holdsKnown: store.memoryTrusted };
  if (store.lost !== null) return { problem: store.lost, holdsKnown: false };
  const bad = damagedLines(store.view.fold);
  if (bad.length === 0) return null;
  const lines = bad.slice(0, 5).map((line) => line.number);
  const problem = `${store.paths.journal} has ${bad.length} unreadable line(s), first line ${lines.join(", ")}`;
  return { problem, holdsKnown: store.holdsKnown };
}

function append(store: Store, record: JournalRecord): void {
  appendDurably(store.paths, (afterTorn) => encodeRecord(afterTorn ? { ...record, afterTorn } : record));
  refresh(store, false);
}

function rewrite(store: Store, why: string, at: string): string | null {
  const { epoch, holds, closed } = store.memory;
  const kept = keepOld(store.paths, epoch);
  const checkpoint: JournalRecord = {
    kind: "checkpoint",
    epoch: epoch + 1,
    at,
    why,
    holds: [...holds.values()],
    closed: [...closed.values()],
  };
  writeFileAtomic(store.paths.journal, encodeRecord(checkpoint) + "\n", { durable: true });
  store.lost = null;
  store.view = noView();
  refresh(store, true);
  return kept;
}

/** Keeps the old journal beside the new one; the oldest of many are let go. */
function keepOld(paths: KillswitchPaths, epoch: number): string | null {
  const kept = join(paths.dir, `journal.kept-${String(epoch).padStart(10, "0")}.jsonl`);
  try {
    linkSync(paths.journal, kept);
  } catch {
    return null;
  }
  const names = readdirSync(paths.dir)
    .filter((name) => KEPT.test(name))
    .toSorted();
  for (const name of names.slice(0, -KEPT_JOURNALS_MAX)) rmSync(join(paths.dir, name), { force: true });
  return kept;
}

function publish(store: Store, holds: readonly Hold[], flagged: readonly Hold[], at: string): void {
  const { epoch, closed } = store.memory;
  const snapshot = { epoch, at, holds: [...holds], closed: [...closed.values()], damage: damageOf(store) };
  publishState(store.paths, snapshot, flagged);
}

function isUnpublished(store: Store): boolean {
  const snapshot = readSnapshot(store.paths.snapshot);
  if (snapshot === null || snapshot.epoch !== store.memory.epoch) return true;
  const { holds } = store.memory;
  if (snapshot.holds.length !== holds.size || snapshot.holds.some((hold) => !holds.has(hold.id))) return true;
  return (snapshot.damage === null) !== (damageOf(store) === null);
}
