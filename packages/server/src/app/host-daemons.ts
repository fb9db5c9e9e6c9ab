import { compareFolders, reconcileFirewall, reconcileIsolation } from "../containment/index.ts";
import type { Daemon } from "./daemons.ts";
import type { House } from "./house.ts";

/** What keeps this host as it was left: blocks, isolation, the skills of its agents. */
export function hostDaemons(house: House): Daemon[] {
  return [
    { name: "blocks of the firewall", everyMs: 10_000, run: () => reconcileFirewalls(house) },
    {
      name: "skills against their baselines",
      everyMs: house.profile.effectors.skills.compareSeconds * 1000,
      run: () => compareSkills(house),
    },
  ];
}

/** What differs becomes an event like any other, so that rules, incidents and playbooks see it. */
async function compareSkills({ config, clock, profile, intake }: House): Promise<void> {
  await compareFolders({
    home: config.home,
    clock,
    settings: profile.effectors.skills,
    report: async (event) => {
      await intake.accept({ events: [{ line: 1, event }], rejected: [], rejectedTotal: 0 }, { name: "firebreak" });
    },
  });
}

/** Blocks and isolations come back after a reboot or a flush; where nothing was ever cut off this does nothing. */
async function reconcileFirewalls({ config, clock, logger, profile }: House): Promise<void> {
  const ctx = { home: config.home, clock, logger };
  await reconcileIsolation(ctx);
  await reconcileFirewall(ctx, profile.effectors.firewall);
}
