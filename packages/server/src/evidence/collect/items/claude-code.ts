import { homesOf } from "../accounts.ts";
import type { Collector, Scene } from "../collector.ts";
import { keepTree, placeInHome } from "../keep-files.ts";
import type { TreeEntry } from "../plain-files.ts";
import { readVariable } from "../read-variable.ts";

const KEPT = /^(?:projects\/.*\.jsonl|history\.jsonl|todos\/.*\.json|shell-snapshots\/.*|.*\.md)$/;

export const claudeCode: Collector = {
  name: "claude-code",
  description: "Claude Code's transcripts, history and instructions; its settings are with the configuration",
  seconds: { standard: 120, full: 1200 },
  needs: [],
  collect: async (scene, sink, signal) => {
    for (const root of await directoriesOf(scene)) {
      const wants = ({ path: file, modifiedAtMs }: TreeEntry) => KEPT.test(file) && modifiedAtMs >= scene.sinceMs;
      await keepTree(scene, root, { what: "Claude Code's state", prefix: "claude-code", wants }, sink, signal);
    }
  },
};

async function directoriesOf(scene: Scene): Promise<string[]> {
  const found = new Set(await readVariable(scene, "CLAUDE_CONFIG_DIR"));
  for (const home of await homesOf(scene)) {
    const place = await placeInHome(home, ".claude");
    if (place !== null) found.add(place);
  }
  return [...found];
}
