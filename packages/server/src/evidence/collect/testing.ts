import { evidenceSettings } from "../../kernel/index.ts";
import type { EvidenceSettings } from "../../kernel/index.ts";
import type { CollectInput } from "../collect-evidence.ts";
import type { SessionSubject } from "./collector.ts";

/** A house of which nothing can be reached. */
export function emptySurroundings(overrides: Partial<CollectInput["surroundings"]> = {}): CollectInput["surroundings"] {
  return {
    database: null,
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
