import { messageOf } from "../../../kernel/index.ts";
import type { Collector, Scene } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { describeTree, gapsOf, listTree, openInTree } from "../plain-files.ts";
import type { TreeEntry } from "../plain-files.ts";

const ENTRIES_MAX = { quick: 20_000, standard: 50_000, full: 200_000 } as const;
/** Made by installing, and the largest part of most workspaces: listed, and copied at the level full only. */
const INSTALLED = new Set(["node_modules", ".venv", "__pycache__"]);

export const workspace: Collector = {
  name: "workspace",
  description: "the agent's files: list, and copies up to the limits",
  seconds: { quick: 8, standard: 120, full: 3600 },
  needs: ["agent"],
  collect: async (scene, sink, signal) => {
    const roots = [...new Set(scene.subject.sessions.map((one) => one.workspace))];
    const known = roots.filter((root) => root !== null);
    if (known.length < Math.max(1, roots.length)) {
      sink.fail({ name: "workspace.json", description: "the agent's files" }, "the agent has no known workspace");
    }
    for (const [index, root] of known.entries()) {
      await collectRoot(scene, root, index === 0 ? "workspace" : `workspace-${index + 1}`, sink, signal);
    }
  },
};

async function collectRoot(
  scene: Scene,
  root: string,
  name: string,
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const description = "the list of the agent's files";
  const passOver = scene.level === "full" ? new Set<string>() : INSTALLED;
  try {
    const listing = await listTree(root, {
      entriesMax: ENTRIES_MAX[scene.level],
      excluded: [scene.home],
      passOver,
      signal,
    });
    const metadata = { root, entries: listing.entries.length };
    sink.json({ name: `${name}.json`, description, metadata, degraded: gapsOf(listing) }, describeTree(listing));
    for (const entry of listing.entries) if (entry.type === "file") await copy(root, entry, name, sink, signal);
  } catch (fault) {
    if (signal.aborted) throw fault;
    sink.fail({ name: `${name}.json`, description }, messageOf(fault));
  }
}

async function copy(root: string, entry: TreeEntry, name: string, sink: ItemSink, signal: AbortSignal): Promise<void> {
  const facts = { name: `${name}/${entry.path}`, description: "a file of the agent's workspace" };
  try {
    signal.throwIfAborted();
    const handle = await openInTree(root, entry);
    if (handle === null) sink.fail(facts, "something else stands there by now");
    else await sink.file(facts, handle);
  } catch (fault) {
    sink.fail(facts, signal.aborted ? "the time for collecting ran out" : messageOf(fault));
  }
}
