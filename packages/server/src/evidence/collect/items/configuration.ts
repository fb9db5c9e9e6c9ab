import { realpath } from "node:fs/promises";
import path from "node:path";
import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { nameOfFile } from "../item-name.ts";
import { keepRedacted, pathOf, placeInHome } from "../keep-files.ts";
import type { TextPlace } from "../keep-files.ts";
import { redactDocument } from "../redact-document.ts";

const OF_RUNTIMES = [
  ".openclaw/openclaw.json",
  ".openclaw/exec-approvals.json",
  ".moltbot/moltbot.json",
  ".clawdbot/clawdbot.json",
  ".claude/settings.json",
  ".claude/settings.local.json",
  ".claude.json",
  ".mcp.json",
  ".codex/config.toml",
  ".gemini/settings.json",
  ".cursor/mcp.json",
];
const OF_WORKSPACES = [
  ".claude/settings.json",
  ".claude/settings.local.json",
  ".mcp.json",
  "CLAUDE.md",
  "AGENTS.md",
  "SOUL.md",
];
/** Links among them are the system's own. */
const OF_SYSTEM = [
  "/etc/claude-code/managed-settings.json",
  "/etc/os-release",
  "/etc/hosts",
  "/etc/resolv.conf",
  "/etc/ssh/sshd_config",
];

export const configuration: Collector = {
  name: "configuration",
  description: "Firebreak's and the agents' configuration, with the secrets taken out",
  seconds: { standard: 30, full: 120 },
  needs: [],
  collect: async (scene, sink, signal) => {
    for (const { place, isNamed } of await placesOf(scene)) {
      signal.throwIfAborted();
      const facts = {
        name: nameOfFile("configuration", pathOf(place)),
        description: "a configuration, secrets taken out",
      };
      const isThere = await keepRedacted(sink, place, facts, redactDocument);
      if (!isThere && isNamed) sink.fail(facts, "the profile names it, and there is no such file");
    }
  },
};

async function placesOf(scene: Scene): Promise<{ place: TextPlace; isNamed: boolean }[]> {
  const system = await Promise.all(OF_SYSTEM.map((file) => realpath(file).catch(() => file)));
  const named = scene.settings.configuration;
  const places: TextPlace[] = [...scene.surroundings.ownFiles, ...system].filter((file) => !named.includes(file));
  for (const home of await homesOf(scene)) {
    for (const name of OF_RUNTIMES) {
      const [first = "", ...rest] = name.split("/");
      const place = await placeInHome(home, first);
      if (place === null) continue;
      if (rest.length > 0) places.push({ root: place, relative: rest.join("/") });
      else places.push({ root: path.dirname(place), relative: path.basename(place) });
    }
  }
  const workspaces = new Set(scene.subject.sessions.flatMap(({ workspace }) => workspace ?? []));
  for (const root of workspaces) places.push(...OF_WORKSPACES.map((relative) => ({ root, relative })));
  return [...places.map((place) => ({ place, isNamed: false })), ...named.map((place) => ({ place, isNamed: true }))];
}
