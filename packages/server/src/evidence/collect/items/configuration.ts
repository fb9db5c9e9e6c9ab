import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { nameOfFile } from "../item-name.ts";
import { keepRedacted, placeInHome } from "../keep-files.ts";
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
    for (const { file, isNamed } of await filesOf(scene)) {
      signal.throwIfAborted();
      const facts = { name: nameOfFile("configuration", file), description: "a configuration, secrets taken out" };
      const isThere = await keepRedacted(sink, file, facts, redactDocument);
      if (!isThere && isNamed) sink.fail(facts, "the profile names it, and there is no such file");
    }
  },
};

async function filesOf(scene: Scene): Promise<{ file: string; isNamed: boolean }[]> {
  const files = [...scene.surroundings.ownFiles, ...OF_SYSTEM];
  for (const home of await homesOf(scene)) {
    for (const name of OF_RUNTIMES) {
      const [directory = "", ...rest] = name.split("/");
      const place = await placeInHome(home, directory);
      if (place !== null) files.push([place, ...rest].join("/"));
    }
  }
  for (const { workspace } of scene.subject.sessions) {
    if (workspace !== null) files.push(...OF_WORKSPACES.map((name) => `${workspace}/${name}`));
  }
  const named = scene.settings.configuration;
  const found = [...new Set(files)].filter((file) => !named.includes(file));
  return [...found.map((file) => ({ file, isNamed: false })), ...named.map((file) => ({ file, isNamed: true }))];
}
