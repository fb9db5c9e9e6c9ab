import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import JSON5 from "json5";
import { z } from "zod";
import { ensurePrivateDir, OperatorError, writeFileAtomic } from "../../kernel/index.ts";
import { killswitchPaths } from "../../killswitch/index.ts";
import type { GateIdentity, GatePlace } from "./claude-code.ts";
import { readJsonSettings, writeJsonSettings, writeSettings } from "./json-file.ts";
import { openclawPlugin, PLUGIN_ID } from "./openclaw-plugin.ts";

const list = z.array(z.string()).optional();
/** What of OpenClaw's configuration is touched; everything else is kept as it is. https://docs.openclaw.ai/gateway/config-extensions */
const configDocument = z.looseObject({
  plugins: z
    .looseObject({
      enabled: z.boolean().optional(),
      allow: list,
      deny: list,
      load: z.looseObject({ paths: list }).optional(),
      entries: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});
type Config = z.input<typeof configDocument>;

export interface OpenclawGate {
  /** OpenClaw's configuration file that names the plugin */
  readonly settingsFile: string;
  readonly plugin: string;
}

/** Where the plugin sends telemetry; its token speaks for this one agent and can nothing else. */
export interface GateTelemetry {
  readonly url: string;
  readonly token: string;
  readonly tokenId: string;
}

/** What the configuration was, to be put back byte for byte when nothing else changed it. */
const beforeRecord = z.object({ before: z.string(), after: z.string() });
const telemetryRecord = z.object({ url: z.string(), token: z.string(), tokenId: z.string() });

/** Each OpenClaw has a plugin of its own: taking one away leaves the others. */
export function openclawPaths({ home, settingsFile }: GatePlace) {
  const name = createHash("sha256").update(settingsFile).digest("hex").slice(0, 12);
  const dir = path.join(home, "gates", "openclaw", name);
  return {
    dir,
    plugin: path.join(dir, "plugin"),
    telemetry: path.join(dir, "telemetry.json"),
    before: path.join(dir, "settings-before.json"),
  };
}

/** The configuration file that OpenClaw itself would read. */
export function openclawConfigFile(env: Readonly<Record<string, string | undefined>>, userHome: string): string {
  const stateDir = env["OPENCLAW_STATE_DIR"] ?? path.join(userHome, ".openclaw");
  return env["OPENCLAW_CONFIG_PATH"] ?? path.join(stateDir, "openclaw.json");
}

/**
 * Writes the plugin and names it in OpenClaw's configuration. Doing it again renews both. Other settings stay; comments do
 * not (OpenClaw's own writer drops them too), until the gate is removed.
 *
 * @throws OperatorError when the configuration is none that OpenClaw would read, or keeps plugins from loading
 */
export function installOpenclawGate(place: GatePlace, identity: GateIdentity): OpenclawGate {
  requirePlugins(place);
  const config = readConfig(place.settingsFile);
  const { dir, plugin, before } = openclawPaths(place);
  ensurePrivateDir(dir);
  ensurePrivateDir(plugin);
  for (const [name, text] of pluginFiles(place, identity)) writeFileAtomic(path.join(plugin, name), text);
  const original = readFileSync(place.settingsFile, "utf8");
  const isFirst = !isInstalled(config, plugin);
  writeJsonSettings(place.settingsFile, withPlugin(config, plugin));
  const after = readFileSync(place.settingsFile, "utf8");
  if (isFirst) writeFileAtomic(before, JSON.stringify({ before: original, after }));
  return { settingsFile: place.settingsFile, plugin };
}

function pluginFiles(place: GatePlace, { agent, pack }: GateIdentity): [name: string, text: string][] {
  const facts = {
    sdk: import.meta.resolve("@firebreak/sdk/openclaw"),
    killswitchDir: killswitchPaths(place.home).dir,
    telemetryFile: openclawPaths(place).telemetry,
    agent,
    pack,
  };
  return Object.entries(openclawPlugin(facts));
}

/** @returns whether the plugin still is what an installation for this agent writes */
export function isOpenclawGateIntact(place: GatePlace, identity: GateIdentity): boolean {
  const { plugin } = openclawPaths(place);
  return pluginFiles(place, identity).every(([name, text]) => readFileSync(path.join(plugin, name), "utf8") === text);
}

/** @returns false when there was none */
export function removeOpenclawGate(place: GatePlace): boolean {
  const { settingsFile } = place;
  const { dir, plugin, before } = openclawPaths(place);
  const config = readConfig(settingsFile);
  const had = isInstalled(config, plugin);
  if (had) {
    const record = readRecord(before, beforeRecord);
    const isUntouched = record !== null && readFileSync(settingsFile, "utf8") === record.after;
    if (isUntouched) writeSettings(settingsFile, record.before);
    else writeJsonSettings(settingsFile, withoutPlugin(config, plugin));
  }
  rmSync(dir, { recursive: true, force: true });
  const all = path.dirname(dir);
  if (existsSync(all) && readdirSync(all).length === 0) rmdirSync(all);
  return had;
}

/** @returns the plugin's directory as the configuration names it, or null when it is not installed there */
export function installedPlugin(place: GatePlace): string | null {
  const { plugin } = openclawPaths(place);
  return isInstalled(readConfig(place.settingsFile), plugin) ? plugin : null;
}

export function readGateTelemetry(place: GatePlace): GateTelemetry | null {
  return readRecord(openclawPaths(place).telemetry, telemetryRecord);
}

export function writeGateTelemetry(place: GatePlace, telemetry: GateTelemetry): void {
  const { dir, telemetry: file } = openclawPaths(place);
  ensurePrivateDir(dir);
  writeFileAtomic(file, JSON.stringify(telemetry));
}

function readConfig(file: string): Config {
  return readJsonSettings(file, configDocument, "OpenClaw", JSON5.parse);
}

/** @throws OperatorError when there is no configuration, or one that keeps the plugin from loading */
export function requirePlugins({ settingsFile: file }: Pick<GatePlace, "settingsFile">): void {
  if (!existsSync(file)) {
    throw new OperatorError(
      `OpenClaw has no configuration in ${file}.`,
      "Set it up with openclaw onboard, or name the file with --config.",
    );
  }
  const { plugins } = readConfig(file);
  const remedy = "Change that in the file, then install again.";
  if (plugins?.enabled === false) throw new OperatorError(`${file} turns all plugins off (plugins.enabled).`, remedy);
  if (plugins?.deny?.includes(PLUGIN_ID) === true) {
    throw new OperatorError(`${file} forbids the plugin "${PLUGIN_ID}" (plugins.deny).`, remedy);
  }
}

function isInstalled({ plugins }: Config, plugin: string): boolean {
  const entry = z.looseObject({ enabled: z.literal(true) }).safeParse(plugins?.entries?.[PLUGIN_ID]);
  return plugins?.load?.paths?.includes(plugin) === true && entry.success;
}

function withPlugin(config: Config, plugin: string): Config {
  const { plugins = {} } = config;
  const { allow, load, entries } = plugins;
  const paths = [...(load?.paths ?? []).filter((one) => one !== plugin), plugin];
  // without it OpenClaw does not ask before a run: its event holds the conversation, which the plugin does not read
  const entry = { enabled: true, hooks: { allowConversationAccess: true } };
  return {
    ...config,
    plugins: {
      ...plugins,
      ...(allow === undefined ? {} : { allow: [...allow.filter((one) => one !== PLUGIN_ID), PLUGIN_ID] }),
      load: { ...load, paths },
      entries: { ...entries, [PLUGIN_ID]: entry },
    },
  };
}

function withoutPlugin(config: Config, plugin: string): Config {
  const { plugins: { allow, load, entries, ...plugins } = {}, ...rest } = config;
  const { [PLUGIN_ID]: _, ...otherEntries } = entries ?? {};
  const { paths, ...otherLoad } = load ?? {};
  const otherPaths = (paths ?? []).filter((one) => one !== plugin);
  const kept = {
    ...plugins,
    ...(allow === undefined ? {} : { allow: allow.filter((one) => one !== PLUGIN_ID) }),
    ...withMember("load", { ...otherLoad, ...(otherPaths.length === 0 ? {} : { paths: otherPaths }) }),
    ...withMember("entries", otherEntries),
  };
  return { ...rest, ...withMember("plugins", kept) };
}

/** @returns nothing in place of what became empty */
function withMember(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function readRecord<T>(file: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}
