import type { Daemon } from "../daemons.ts";
import { contextFor, DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { createArchiveCopies } from "./archive-copies.ts";
import { sealArchives } from "./seal-archives.ts";

/** What becomes of archives by itself: they are sealed, and copied into the object store of the profile. */
export function createArchiveDaemons(house: House): { readonly daemons: readonly Daemon[]; stop(): void } {
  const ctx = contextFor(house, DAEMON);
  const copies = createArchiveCopies(ctx, house.profile.evidence.storage);
  return {
    daemons: [
      { name: "seals of archives", everyMs: 2_000, run: () => sealArchives(ctx, house.config.immutableEvidence) },
      { name: "copies of archives", everyMs: 5_000, run: () => copies.pass() },
    ],
    stop: () => copies.stop(),
  };
}
