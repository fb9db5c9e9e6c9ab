import { checkLaunchd, domainOf, expectDone, NOT_FOUND_CODES, runLaunchctl } from "../service/launchctl.ts";
import { ServiceError } from "../service/service-manager.ts";
import { VITAL_JOBS } from "../service/vital.ts";
import type { ServiceDriver } from "./driver.ts";

interface LaunchdJob {
  readonly job: string;
  readonly plist?: string | undefined;
}

/** launchd keeps no count of restarts and no time of start. */
export function launchdDriver(launchctl: string, { job, plist }: LaunchdJob): ServiceDriver {
  const run = (args: readonly string[], signal: AbortSignal) => runLaunchctl([launchctl, ...args], signal);
  const start = async (signal: AbortSignal) => {
    const isLoaded = (await run(["print", job], signal)).code === 0;
    if (isLoaded) return expectDone(await run(["kickstart", job], signal));
    if (plist === undefined) {
      throw new ServiceError(`${job} is not loaded: name its property list in the profile (services, launchd.plist)`);
    }
    expectDone(await run(["bootstrap", domainOf(job), plist], signal));
  };
  return {
    what: `the job ${job}`,
    spared: VITAL_JOBS.test(job) ? `${job} is needed to reach or run this machine` : null,
    checkNeeds: () => checkLaunchd(launchctl),
    look: async (signal) => {
      const { code, stdout } = await run(["print", job], signal);
      const state = /^\tstate = (.+)$/m.exec(stdout)?.[1] ?? (code === 0 ? "loaded" : "not loaded");
      return {
        exists: code === 0 || plist !== undefined,
        isRunning: code === 0 && state !== "not running",
        state,
        since: null,
        restarts: null,
      };
    },
    start,
    // a signal would not do: KeepAlive brings it back
    stop: async (signal) => expectDone(await run(["bootout", job], signal), NOT_FOUND_CODES),
    restart: async (signal) => {
      const isLoaded = (await run(["print", job], signal)).code === 0;
      if (isLoaded) return expectDone(await run(["kickstart", "-k", job], signal));
      await start(signal);
    },
  };
}
