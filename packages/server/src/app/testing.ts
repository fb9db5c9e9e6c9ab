/** What tests of this room share. */
import path from "node:path";
import type { Effector } from "../containment/index.ts";
import { createTestContext } from "../incidents/testing.ts";
import { DEFAULT_REDACTION, loadProfile, requireProfile } from "../kernel/index.ts";
import type { Clock, Profile } from "../kernel/index.ts";
import { loadPlaybooks, playbookDirectories } from "../playbooks/index.ts";
import type { LoadedPlaybooks } from "../playbooks/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Database } from "../storage/index.ts";
import { createEffectors } from "./effectors.ts";

export const SHIPPED_PROFILES = ["ai-empire", "agentos", "openclaw-security", "openclaw-guide"] as const;
export type ShippedProfile = (typeof SHIPPED_PROFILES)[number];
export const repositoryRoot = path.resolve(import.meta.dirname, "../../../..");
export const shippedProfilesDir = path.join(repositoryRoot, "profiles");

const never = async () => {
  throw new Error("nothing acts in this test");
};

/** A shipped profile and the effectors of a server that has it. */
export async function openShippedProfile(
  database: Database,
  clock: Clock,
  name: ShippedProfile,
  profilesDir: string,
): Promise<{ profile: Profile; effectors: ReadonlyMap<string, Effector> }> {
  const profile = requireProfile(await loadProfile({ home: "/nonexistent", profilesDir, name }));
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
  return { profile, effectors };
}

/** The same with its playbooks, as the server would load them. */
export async function loadShipped(
  database: Database,
  name: ShippedProfile,
  profilesDir = shippedProfilesDir,
): Promise<{ profile: Profile; effectors: ReadonlyMap<string, Effector>; loaded: LoadedPlaybooks }> {
  const { clock } = await createTestContext(database);
  const { profile, effectors } = await openShippedProfile(database, clock, name, profilesDir);
  const loaded = await loadPlaybooks(playbookDirectories("/nonexistent", profilesDir, name), effectors);
  return { profile, effectors, loaded };
}
