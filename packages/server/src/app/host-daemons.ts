import type { AgentEventInput } from "@firebreak/protocol";
import { compareFolders, createGateWatch, reconcileFirewall, reconcileIsolation } from "../containment/index.ts";
import { createAcceptedTools } from "./accepted-tools.ts";
import type { Daemon } from "./daemons.ts";
import type { House } from "./house.ts";

/** What keeps this host as it was left: blocks, isolation, the gates and the skills of its agents. */
export function hostDaemons(house: House): Daemon[] {
  const { config, clock } = house;
  return [
    {
      name: "gates as they were installed",
      everyMs: 2_000,
      run: createGateWatch({ home: config.home, clock, report: (event) => report(house, event) }),
    },
    { name: "accepted tools", everyMs: 10_000, run: createAcceptedTools(house) },
    { name: "blocks of the firewall", everyMs: 10_000, run: () => reconcileFirewalls(house) },
    {
      name: "skills against their baselines",
      everyMs: house.profile.effectors.skills.compareSeconds * 1000,
      run: () => compareSkills(house),
    },
  ];
}

async function compareSkills(house: House): Promise<void> {
  const { config, clock, profile } = house;
  const settings = profile.effectors.skills;
  await compareFolders({ home: config.home, clock, settings, report: (event) => report(house, event) });
}

/** What differs becomes an event like any other, so that rules, incidents and playbooks see it. */
async function report({ intake }: House, event: AgentEventInput): Promise<void> {
  await intake.accept({ events: [{ line: 1, event }], rejected: [], rejectedTotal: 0 }, { name: "firebreak" });
}

/** Blocks and isolations come back after a reboot or a flush; where nothing was ever cut off this does nothing. */
async function reconcileFirewalls({ config, clock, logger, profile }: House): Promise<void> {
  const ctx = { home: config.home, clock, logger };
  await reconcileIsolation(ctx);
  await reconcileFirewall(ctx, profile.effectors.firewall);
}
