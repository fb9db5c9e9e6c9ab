import { readFileSync } from "node:fs";
import path from "node:path";
import { evidenceSettings } from "../../kernel/index.ts";
import type { EvidenceSettings } from "../../kernel/index.ts";
import type { CollectInput } from "../collect-evidence.ts";
import { evidenceManifest } from "../manifest.ts";
import type { EvidenceItem } from "../manifest.ts";
import type { SessionSubject } from "./collector.ts";

/** A house of which nothing can be reached. */
export function emptySurroundings(overrides: Partial<CollectInput["surroundings"]> = {}): CollectInput["surroundings"] {
  return {
    readEvents: null,
    containers: null,
    readSkills: async () => [],
    tailedPaths: async () => [],
    ownFiles: [],
    readSecret: async () => undefined,
    userHome: "/nonexistent",
    ...overrides,
  };
}

/** Settings under which only the named kinds are collected, at every level. */
export function settingsFor(...items: EvidenceSettings["levels"]["quick"]["items"] & {}): EvidenceSettings {
  return evidenceSettings.parse({
    levels: { quick: { items }, standard: { items }, full: { items } },
    keepFreeMb: 0,
  });
}

export function sessionSubject(overrides: Partial<SessionSubject> = {}): SessionSubject {
  return {
    sessionId: "ses_1",
    agentId: "scout",
    processes: [],
    outputLog: null,
    workspace: null,
    elsewhere: null,
    ...overrides,
  };
}

export interface ReadArchive {
  readonly items: readonly EvidenceItem[];
  readonly names: readonly string[];
  readonly item: (name: string) => EvidenceItem;
  readonly bytes: (name: string) => Buffer;
  readonly text: (name: string) => string;
  /** all of it, for what must be nowhere */
  readonly everything: () => string;
}

export function readArchive(directory: string): ReadArchive {
  const manifestText = readFileSync(path.join(directory, "manifest.json"), "utf8");
  const { evidence_items: items } = evidenceManifest.parse(JSON.parse(manifestText));
  const read = ({ file_path: file }: EvidenceItem) =>
    file === null ? Buffer.alloc(0) : readFileSync(path.join(directory, file));
  const item = (name: string) => {
    const found = items.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no item ${name} among ${items.map((one) => one.name).join(", ")}`);
    return found;
  };
  return {
    items,
    names: items.map(({ name }) => name),
    item,
    bytes: (name) => read(item(name)),
    text: (name) => read(item(name)).toString("utf8"),
    everything: () => [manifestText, ...items.map((one) => read(one).toString("latin1"))].join("\n"),
  };
}
