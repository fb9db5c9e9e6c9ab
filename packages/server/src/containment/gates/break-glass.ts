import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ensurePrivateDir, OperatorError, toIso, writeFileAtomic } from "../../kernel/index.ts";

export interface BreakGlass {
  readonly untilMs: number;
  readonly reason: string;
}

function gatesDir(home: string): string {
  return path.join(home, "gates", "claude-code");
}

/** What the shims of this home look at. */
export function breakGlassFile(home: string): string {
  return path.join(gatesDir(home), "break-glass");
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
  const dir = gatesDir(home);
  if (!hasClaudeCodeGate(home)) {
    throw new OperatorError(
      "No gate is installed in this home.",
      "Install one with: firebreak gate install claude-code",
    );
  }
  ensurePrivateDir(dir);
  const reason = glass.reason.replaceAll(/\s+/g, " ");
  const record = { at: toIso(who.atMs), by: who.name, until: toIso(glass.untilMs), reason };
  appendFileSync(path.join(dir, "break-glass.log"), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  writeFileAtomic(breakGlassFile(home), `${Math.floor(glass.untilMs / 1000)} ${reason}\n`);
}

/** @returns the glass that is broken now, or null */
export function brokenGlass(home: string, nowMs: number): BreakGlass | null {
  const file = breakGlassFile(home);
  if (!existsSync(file)) return null;
  const [until = "", ...reason] = readFileSync(file, "utf8").trim().split(" ");
  const untilMs = Number(until) * 1000;
  return untilMs > nowMs ? { untilMs, reason: reason.join(" ") } : null;
}

/** @returns whether a gate for Claude Code is installed from this home */
export function hasClaudeCodeGate(home: string): boolean {
  const dir = gatesDir(home);
  return existsSync(dir) && readdirSync(dir, { withFileTypes: true }).some((entry) => entry.isDirectory());
}
