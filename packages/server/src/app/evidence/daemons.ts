import { reconcileEvidence } from "../../evidence/index.ts";
import type { Daemon } from "../daemons.ts";
import { contextFor, DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { settleInThread } from "./in-thread.ts";

/** What was collected while no server ran, and what was cut off, comes onto the record; the first pass is at the start. */
export function evidenceDaemons(house: House): Daemon[] {
  const refused = new Set<string>();
  const tried = new Set<string>();
  return [
    {
      name: "evidence of the home",
      everyMs: 60_000,
      run: () => reconcileEvidence({ ...contextFor(house, DAEMON), refused, tried, settle: settleInThread }),
    },
  ];
}
