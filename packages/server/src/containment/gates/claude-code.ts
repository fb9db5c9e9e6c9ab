import { createHash } from "node:crypto";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";
import { killswitchPaths } from "../../killswitch/index.ts";
import { breakGlassFile, hasClaudeCodeGate } from "./break-glass.ts";
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

/** Each settings file has a shim of its own: it names one agent. The glass that can be broken is one for all. */
export function claudeCodePaths({ home, settingsFile }: GatePlace): { dir: string; shim: string } {
  const name = createHash("sha256").update(settingsFile).digest("hex").slice(0, 12);
  const dir = path.join(home, "gates", "claude-code", name);
  return { dir, shim: path.join(dir, "check.sh") };
}

/**
 * Writes the shim and its hook into Claude Code's settings. Doing it again renews both. Other hooks and settings stay.
 *
 * @throws OperatorError when the settings file is no JSON that Claude Code would read
 */
export function installClaudeCodeGate(place: GatePlace, identity: GateIdentity): ClaudeCodeGate {
  const settings = readSettings(place.settingsFile);
  const { dir, shim } = claudeCodePaths(place);
  ensurePrivateDir(dir);
  writeFileAtomic(shim, shimText(place, identity));
  chmodSync(shim, 0o700);
  // first, so that nothing another hook does comes before it
  const PreToolUse = [ourGroup(shim), ...withoutOurs(settings, shim)];
  writeJsonSettings(place.settingsFile, { ...settings, hooks: { ...settings.hooks, PreToolUse } });
  return { settingsFile: place.settingsFile, shim };
}

function shimText({ home }: GatePlace, { agent, pack }: GateIdentity): string {
  return claudeCodeShim({ flagsDir: killswitchPaths(home).flags, breakGlassFile: breakGlassFile(home), agent, pack });
}

function ourGroup(shim: string) {
  const hook = { type: "command", command: quote(shim), timeout: HOOK_TIMEOUT_S, onFailure: "block" };
  return { matcher: "*", hooks: [hook] };
}

/** @returns whether hook and shim still are what an installation for this agent writes */
export function isClaudeCodeGateIntact(place: GatePlace, identity: GateIdentity): boolean {
  const { shim } = claudeCodePaths(place);
  const groups = readSettings(place.settingsFile).hooks?.PreToolUse ?? [];
  const hasHook = groups.some((group) => isDeepStrictEqual(group, ourGroup(shim)));
  return hasHook && readFileSync(shim, "utf8") === shimText(place, identity);
}

/** @returns false when there was none */
export function removeClaudeCodeGate(place: GatePlace): boolean {
  const { home, settingsFile } = place;
  const { dir, shim } = claudeCodePaths(place);
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
  // the last one takes along what all shared
  if (!hasClaudeCodeGate(home)) rmSync(path.dirname(dir), { recursive: true, force: true });
  return had;
}

/** @returns the hook's command line as the settings hold it, or null when it is not installed there */
export function installedCommand(place: GatePlace): string | null {
  const hook = findHook(readSettings(place.settingsFile), claudeCodePaths(place).shim);
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
