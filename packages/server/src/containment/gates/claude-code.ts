import { chmodSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";
import { killswitchPaths } from "../../killswitch/index.ts";
import { claudeCodeShim, quote } from "./claude-code-shim.ts";
import { readJsonSettings, writeJsonSettings } from "./json-file.ts";

/** Seconds that Claude Code waits for the shim; it takes milliseconds. */
const HOOK_TIMEOUT_S = 5;

/** What of Claude Code's settings is touched; everything else is kept as it is. https://code.claude.com/docs/en/hooks */
const settingsDocument = z.looseObject({
  hooks: z
    .looseObject({ PreToolUse: z.array(z.looseObject({ hooks: z.array(z.looseObject({})).optional() })).optional() })
    .optional(),
});
type Settings = z.input<typeof settingsDocument>;

export interface ClaudeCodeGate {
  /** Claude Code's settings file that holds the hook */
  readonly settingsFile: string;
  readonly shim: string;
}

export interface GatePlace {
  /** FIREBREAK_HOME */
  readonly home: string;
  readonly settingsFile: string;
}

export interface GateIdentity {
  readonly agent: string;
  readonly pack: string | null;
}

export function claudeCodePaths(home: string): { dir: string; shim: string; breakGlass: string } {
  const dir = path.join(home, "gates", "claude-code");
  return { dir, shim: path.join(dir, "check.sh"), breakGlass: path.join(dir, "break-glass") };
}

/**
 * Writes the shim and its hook into Claude Code's settings. Doing it again renews both. Other hooks and settings stay.
 *
 * @throws OperatorError when the settings file is no JSON that Claude Code would read
 */
export function installClaudeCodeGate(place: GatePlace, identity: GateIdentity): ClaudeCodeGate {
  const settings = readSettings(place.settingsFile);
  const { dir, shim, breakGlass } = claudeCodePaths(place.home);
  ensurePrivateDir(dir);
  const flagsDir = killswitchPaths(place.home).flags;
  writeFileAtomic(shim, claudeCodeShim({ flagsDir, breakGlassFile: breakGlass, ...identity }));
  chmodSync(shim, 0o700);
  const hook = { type: "command", command: quote(shim), timeout: HOOK_TIMEOUT_S, onFailure: "block" };
  const groups = withoutOurs(settings, shim);
  // first, so that nothing another hook does comes before it
  const PreToolUse = [{ matcher: "*", hooks: [hook] }, ...groups];
  writeJsonSettings(place.settingsFile, { ...settings, hooks: { ...settings.hooks, PreToolUse } });
  return { settingsFile: place.settingsFile, shim };
}

/** @returns false when there was none */
export function removeClaudeCodeGate({ home, settingsFile }: GatePlace): boolean {
  const { dir, shim } = claudeCodePaths(home);
  const settings = readSettings(settingsFile);
  const had = findHook(settings, shim) !== undefined;
  if (had) {
    const { PreToolUse: _, ...otherHooks } = settings.hooks ?? {};
    const groups = withoutOurs(settings, shim);
    const hooks = groups.length === 0 ? otherHooks : { ...otherHooks, PreToolUse: groups };
    const { hooks: __, ...rest } = settings;
    writeJsonSettings(settingsFile, Object.keys(hooks).length === 0 ? rest : { ...rest, hooks });
  }
  rmSync(dir, { recursive: true, force: true });
  return had;
}

/** @returns the hook's command line as the settings hold it, or null when it is not installed there */
export function installedCommand({ home, settingsFile }: GatePlace): string | null {
  const hook = findHook(readSettings(settingsFile), claudeCodePaths(home).shim);
  return typeof hook?.["command"] === "string" ? hook["command"] : null;
}

function findHook(settings: Settings, shim: string): Record<string, unknown> | undefined {
  const all = (settings.hooks?.PreToolUse ?? []).flatMap((group) => group.hooks ?? []);
  return all.find((hook) => hook["command"] === quote(shim));
}

function withoutOurs(settings: Settings, shim: string) {
  return (settings.hooks?.PreToolUse ?? []).flatMap((group) => {
    const hooks = group.hooks?.filter((hook) => hook["command"] !== quote(shim));
    return hooks?.length === 0 && group.hooks?.length !== 0
      ? []
      : [{ ...group, ...(hooks === undefined ? {} : { hooks }) }];
  });
}

function readSettings(file: string): Settings {
  return readJsonSettings(file, settingsDocument, "Claude Code");
}
