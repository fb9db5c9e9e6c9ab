import { z } from "zod";
import { hasNewIndicators, lookBack, runScan, SCAN_TASK } from "../scans/index.ts";
import type { Daemon } from "./daemons.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";

const scanAsked = z.object({ scanId: z.string() });

/** Works off the scans that were asked for, one at a time on all nodes. */
export function defineScans(house: House): void {
  house.work.define(SCAN_TASK, async (payload, { signal }) => {
    await runScan(contextFor(house, DAEMON), scanAsked.parse(payload).scanId, signal);
  });
}

/** Keeps this node's list, and looks for what is new on it in the past. */
export function indicatorDaemons(house: House): Daemon[] {
  const { indicators, profile } = house;
  return [
    {
      name: "changed indicators",
      everyMs: 2_000,
      due: indicators.isChanged,
      run: () => indicators.reloadIfChanged(),
    },
    {
      name: "new indicators in the past",
      everyMs: 5_000,
      due: hasNewIndicators,
      run: () => lookBack(contextFor(house, DAEMON), profile.indicators.lookBackDays),
    },
  ];
}
