import { freezeOrphans } from "../../containment/index.ts";
import type { Daemon } from "../daemons.ts";
import type { House } from "../house.ts";
import { createActsAfterStops } from "./find-acts-after-stops.ts";
import { createRetriedStops } from "./retry-stops.ts";

/** What is looked at again and again so that a stop is what it says. */
export function stopDaemons(house: House): Daemon[] {
  const { config, clock } = house;
  return [
    { name: "orphaned agents", everyMs: 2_000, run: () => freezeOrphans({ home: config.home, clock }) },
    { name: "stops that are resisted", everyMs: 1_000, run: createRetriedStops(house) },
    { name: "acts after stops", everyMs: 5_000, run: createActsAfterStops(house) },
  ];
}
