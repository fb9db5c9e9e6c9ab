import type { FSWatcher } from "node:fs";
import { readFileSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { HOLD_LEVELS, HOLD_SCOPES } from "@firebreak/protocol/holds";
import type { SeenHold, SeenState, StateReader } from "./seen-state.ts";

const STATE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The kill switch as an agent's process sees it: read-only, refreshed when the file changes.
 *
 * @param onChange called when the system says that the file changed
 */
export function openStateReader(dir: string, onChange: () => void): StateReader {
  const path = join(dir, "state.json");
  let sign = "";
  let highest = 0;
  let state: SeenState = { ok: false, problem: `${path} was not read yet` };
  const watcher = tryWatch(dir, onChange);
  const look = (): SeenState => {
    const nextSign = signOf(path);
    if (nextSign === sign) return state;
    sign = nextSign;
    const next = readState(path);
    // an older copy put back could lift a stop; the epoch never falls by itself
    state = next.ok && next.epoch < highest ? olderState(path, highest, next.epoch) : next;
    if (state.ok) highest = state.epoch;
    return state;
  };
  return { look, close: () => watcher?.close() };
}

function olderState(path: string, known: number, found: number): SeenState {
  return { ok: false, problem: `${path} went back from epoch ${known} to ${found}: somebody put an older state there` };
}

function tryWatch(dir: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name === null || name === "state.json" || name === "policy.json") onChange();
    });
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

/** @returns what changes whenever the file is replaced; the time of the failure when there is none */
function signOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (fault) {
    return `missing ${String(fault)}`;
  }
}

function readState(path: string): SeenState {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length > STATE_BYTES_MAX) throw new Error("it is too large");
    return parseState(JSON.parse(text));
  } catch (fault) {
    return { ok: false, problem: `${path} cannot be read: ${fault instanceof Error ? fault.message : String(fault)}` };
  }
}

function parseState(envelope: unknown): SeenState {
  const value = memberOf(envelope, "value");
  const epoch = memberOf(value, "epoch");
  const holds = memberOf(value, "holds");
  if (typeof epoch !== "number" || !Array.isArray(holds)) throw new Error("it is not a kill switch's state");
  const damage = memberOf(value, "damage");
  if (damage !== null) throw new Error(`the kill switch's journal is damaged: ${String(memberOf(damage, "problem"))}`);
  return { ok: true, epoch, holds: holds.map(parseHold) };
}

function parseHold(value: unknown): SeenHold {
  const scope = HOLD_SCOPES.find((one) => one === memberOf(value, "scope"));
  const level = HOLD_LEVELS.find((one) => one === memberOf(value, "level"));
  const target = memberOf(value, "target");
  const id = memberOf(value, "id");
  if (scope === undefined || level === undefined || typeof id !== "string") throw new Error("it holds an unknown stop");
  if (target !== null && typeof target !== "string") throw new Error(`the stop ${id} has no readable target`);
  const reason = memberOf(value, "reason");
  return { id, scope, level, target, reason: typeof reason === "string" ? reason : "" };
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(key);
}
