/** What tests of this room share. */
import path from "node:path";
import type { Effector } from "../containment/index.ts";
import { createTestContext } from "../incidents/testing.ts";
import { DEFAULT_REDACTION, loadProfile, requireProfile } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";
import { loadPlaybooks, playbookDirectories } from "../playbooks/index.ts";
import type { LoadedPlaybooks } from "../playbooks/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Database } from "../storage/index.ts";
import { createEffectors } from "./effectors.ts";

export const SHIPPED_PROFILES = ["ai-empire", "agentos", "openclaw-security", "openclaw-guide"] as const;
export type ShippedProfile = (typeof SHIPPED_PROFILES)[number];
export const repositoryRoot = path.resolve(import.meta.dirname, "../../../..");

const never = async () => {
  throw new Error("nothing acts in this test");
};

/** A shipped profile with the effectors of a server and its playbooks, as the server would load them. */
export async function loadShipped(
  database: Database,
  name: ShippedProfile,
): Promise<{ profile: Profile; effectors: ReadonlyMap<string, Effector>; loaded: LoadedPlaybooks }> {
  const profilesDir = path.join(repositoryRoot, "profiles");
  const profile = requireProfile(await loadProfile({ home: "/nonexistent", profilesDir, name }));
  const { clock } = await createTestContext(database);
  const effectors = createEffectors({
    database,
    clock,
    config: { databaseUrl: undefined, publicUrl: undefined, sandbox: undefined },
    profile,
    profilesDir,
    readSecret: async () => undefined,
    redactor: createRedactor(DEFAULT_REDACTION),
    notifyAs: () => {
      throw new Error("nobody is told anything in this test");
    },
    enforce: never,
    recordStop: never,
  });
  const loaded = await loadPlaybooks(playbookDirectories("/nonexistent", profilesDir, name), effectors);
  return { profile, effectors, loaded };
}
