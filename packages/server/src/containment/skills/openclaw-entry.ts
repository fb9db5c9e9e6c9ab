import { parse } from "yaml";
import { z } from "zod";
import { messageOf } from "../../kernel/index.ts";
import { readJsonSettings, writeJsonSettings } from "../gates/json-file.ts";

const entries = z.looseObject({
  skills: z
    .looseObject({ entries: z.record(z.string(), z.looseObject({ enabled: z.boolean().optional() })).optional() })
    .optional(),
});

/** Whether OpenClaw had the skill switched on; `unset`: its settings said nothing. */
export const enabledBefore = z.enum(["on", "off", "unset"]);
export type EnabledBefore = z.infer<typeof enabledBefore>;

/**
 * Switches a skill off in OpenClaw's settings (`skills.entries.KEY.enabled`), which it reads again by itself.
 *
 * @returns how it was, or why it could not be done: settings with comments (JSON5) are not rewritten
 */
export function disableInOpenClaw(file: string, key: string): { was: EnabledBefore } | { problem: string } {
  return change(file, key, false);
}

/** Puts back what `disableInOpenClaw` found. */
export function restoreInOpenClaw(
  file: string,
  key: string,
  was: EnabledBefore,
): { was: EnabledBefore } | { problem: string } {
  return change(file, key, was === "unset" ? undefined : was === "on");
}

function change(file: string, key: string, enabled: boolean | undefined): { was: EnabledBefore } | { problem: string } {
  try {
    const settings = readJsonSettings(file, entries, "OpenClaw");
    const entry = settings.skills?.entries?.[key] ?? {};
    const was = entry.enabled === undefined ? "unset" : entry.enabled ? "on" : "off";
    const { enabled: _enabled, ...rest } = entry;
    const changed = enabled === undefined ? rest : { ...rest, enabled };
    const others = { ...settings.skills?.entries };
    delete others[key];
    const all = Object.keys(changed).length === 0 ? others : { ...others, [key]: changed };
    writeJsonSettings(file, { ...settings, skills: { ...settings.skills, entries: all } });
    return { was };
  } catch (fault) {
    return { problem: messageOf(fault) };
  }
}

const frontMatter = z.object({
  name: z.string().optional(),
  metadata: z.object({ openclaw: z.object({ skillKey: z.string().optional() }).optional() }).optional(),
});
const FRONT_MATTER_CHARACTERS_MAX = 64 * 1024;

/** @returns the key of a skill in OpenClaw's settings, from its SKILL.md; else the name of its folder */
export function skillKeyOf(skillText: string, folderName: string): string {
  const [, yaml] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(skillText.slice(0, FRONT_MATTER_CHARACTERS_MAX)) ?? [];
  if (yaml === undefined) return folderName;
  try {
    const read = frontMatter.safeParse(parse(yaml, { maxAliasCount: 0 })).data;
    return read?.metadata?.openclaw?.skillKey ?? read?.name ?? folderName;
  } catch {
    return folderName;
  }
}
