import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Hold } from "@firebreak/protocol";
import { HOLD_LEVELS } from "@firebreak/protocol";
import { ensurePrivateDir, writeFileAtomic } from "../kernel/index.ts";
import type { KillswitchPaths } from "./layout.ts";
import { flagName } from "./layout.ts";
import type { Snapshot } from "./records.ts";
import { encodeSnapshot } from "./records.ts";

/**
 * Brings the flag files and `state.json` in line with the holds in force. Flags that stop come first and flags that
 * no longer stop go last, so a crash in between leaves too many flags and never too few.
 */
export function publishState(paths: KillswitchPaths, snapshot: Snapshot, inForce: readonly Hold[]): void {
  // a link in its place would let somebody else say what is stopped
  if (!isDirectory(paths.flags)) rmSync(paths.flags, { force: true });
  ensurePrivateDir(paths.flags);
  const wanted = flagTexts(inForce);
  for (const [name, text] of wanted) writeFlag(join(paths.flags, name), text);
  writeFileAtomic(paths.snapshot, encodeSnapshot(snapshot));
  for (const name of readdirSync(paths.flags)) {
    if (!wanted.has(name)) rmSync(join(paths.flags, name), { force: true });
  }
}

/** @returns true when the flag files say just what is in force */
export function areFlagsPublished(paths: KillswitchPaths, inForce: readonly Hold[]): boolean {
  const wanted = flagTexts(inForce);
  try {
    const names = readdirSync(paths.flags);
    if (!isDirectory(paths.flags) || names.length !== wanted.size) return false;
    return names.every((name) => readFileSync(join(paths.flags, name), "utf8") === wanted.get(name));
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** @returns per flag file the level and, on the lines after it, the holds: `freeze\nhld_… reason\n` */
function flagTexts(inForce: readonly Hold[]): Map<string, string> {
  const byName = new Map<string, Hold[]>();
  for (const hold of inForce) {
    const name = flagName(hold.scope, hold.target);
    byName.set(name, [...(byName.get(name) ?? []), hold]);
  }
  return new Map([...byName].map(([name, holds]) => [name, flagText(holds)]));
}

function flagText(holds: readonly Hold[]): string {
  const rank = Math.max(...holds.map((hold) => HOLD_LEVELS.indexOf(hold.level)));
  const lines = holds.map((hold) => `${hold.id} ${hold.reason.replaceAll(/\s+/g, " ")}`);
  return [HOLD_LEVELS[rank] ?? "kill", ...lines, ""].join("\n");
}

function writeFlag(path: string, text: string): void {
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // not there yet
  }
  writeFileAtomic(path, text);
}
