import path from "node:path";
import { toIso } from "../../kernel/index.ts";
import type { Environment } from "../../kernel/index.ts";
import type { House } from "../house.ts";
import { endOwnAlert, raiseOwnAlert } from "../own-alerts.ts";
import { runCanary } from "./run-canary.ts";
import type { CanaryResult } from "./run-canary.ts";
import type { Canary } from "./types.ts";

type CanaryHouse = Pick<House, "config" | "database" | "clock" | "newId" | "logger" | "profile">;

/** The first round waits, so that a start is not slower for it. */
const FIRST_AFTER_MS = 15_000;
const ALERT_KEY = "killswitch-canary";

/** Stops an agent of its own again and again, so that a kill switch that does not work is known before it is needed. */
export function createCanary(house: CanaryHouse, environment: Environment): Canary {
  const { everySeconds, limitMs } = house.profile.canary;
  let last: (CanaryResult & { readonly at: number }) | null = null;
  let dueMs = house.clock.monotonicMs() + Math.min(FIRST_AFTER_MS, everySeconds * 1000);
  let alerted: boolean | null = null;
  return {
    pass: async () => {
      if (everySeconds === 0 || house.clock.monotonicMs() < dueMs) return;
      const home = path.join(house.config.home, "canary");
      const { clock, newId, logger } = house;
      const result = await runCanary({ home, environment, clock, newId, logger, limitMs });
      last = { ...result, at: clock.now() };
      dueMs = clock.monotonicMs() + everySeconds * 1000;
      const isFailing = result.problem !== null;
      if (isFailing !== alerted) await tell(house, result.problem);
      alerted = isFailing;
    },
    view: () => ({
      state: everySeconds === 0 ? "off" : last === null ? "waiting" : last.problem === null ? "ok" : "failing",
      at: last === null ? null : toIso(last.at),
      freezeMs: last?.freezeMs ?? null,
      killMs: last?.killMs ?? null,
      problem: last?.problem ?? null,
      everySeconds,
      limitMs,
    }),
  };
}

async function tell(house: CanaryHouse, problem: string | null): Promise<void> {
  if (problem === null) return endOwnAlert(house, ALERT_KEY);
  house.logger.error("the canary was not stopped as it must be", { problem });
  await raiseOwnAlert(house, {
    key: ALERT_KEY,
    title: "The kill switch did not stop its test agent",
    text: `${problem}. Stops of real agents may fail the same way: run firebreak doctor, and look at the load of the machine.`,
    severity: 2,
  });
}
