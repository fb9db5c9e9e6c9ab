import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ensurePrivateDir, OperatorError, toIso, writeFileAtomic } from "../../kernel/index.ts";
import { claudeCodePaths } from "./claude-code.ts";

export interface BreakGlass {
  readonly untilMs: number;
  readonly reason: string;
}

/**
 * For a limited time a gate that is broken (not one that is told to stop) lets calls through and says so on each. It
 * opens nothing else: a stop still denies. What was done stays in `break-glass.log` beside it.
 */
export function breakGlass(
  home: string,
  glass: BreakGlass,
  who: { readonly name: string; readonly atMs: number },
): void {
  const { dir, shim, breakGlass: file } = claudeCodePaths(home);
  if (!existsSync(shim)) {
    throw new OperatorError(
      "No gate is installed in this home.",
      "Install one with: firebreak gate install claude-code",
    );
  }
  ensurePrivateDir(dir);
  const reason = glass.reason.replaceAll(/\s+/g, " ");
  const record = { at: toIso(who.atMs), by: who.name, until: toIso(glass.untilMs), reason };
  appendFileSync(path.join(dir, "break-glass.log"), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  writeFileAtomic(file, `${Math.floor(glass.untilMs / 1000)} ${reason}\n`);
}

/** @returns the glass that is broken now, or null */
export function brokenGlass(home: string, nowMs: number): BreakGlass | null {
  const { breakGlass: file } = claudeCodePaths(home);
  if (!existsSync(file)) return null;
  const [until = "", ...reason] = readFileSync(file, "utf8").trim().split(" ");
  const untilMs = Number(until) * 1000;
  return untilMs > nowMs ? { untilMs, reason: reason.join(" ") } : null;
}
