import type { Daemon } from "../daemons.ts";
import { contextFor, DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { createArchiveCopies } from "./archive-copies.ts";
import { deleteCopies } from "./copy-deletions.ts";
import { holdCopies } from "./copy-holds.ts";
import { createCopyTeller } from "./copy-teller.ts";
import { isArchiveUnsealed, sealArchives } from "./seal-archives.ts";

/** What becomes of archives by itself: they are sealed, copied into the object store of the profile, and held and deleted there. */
export function createArchiveDaemons(house: House): { readonly daemons: readonly Daemon[]; stop(): void } {
  const ctx = contextFor(house, DAEMON);
  const { evidence } = house.profile;
  const copies = createArchiveCopies(ctx, evidence.storage);
  const tellOfCopies = createCopyTeller(house);
  return {
    daemons: [
      {
        name: "seals of archives",
        everyMs: 2_000,
        due: isArchiveUnsealed,
        run: () => sealArchives(ctx, house.config.immutableEvidence),
      },
      { name: "copies of archives", everyMs: 5_000, run: () => copies.pass() },
      { name: "legal holds of copies", everyMs: 10_000, run: (stopping) => holdCopies(ctx, evidence, stopping) },
      {
        name: "copies to be deleted",
        everyMs: 30_000,
        run: async (stopping) => {
          await deleteCopies(ctx, evidence, stopping);
          await tellOfCopies();
        },
      },
    ],
    stop: () => copies.stop(),
  };
}
