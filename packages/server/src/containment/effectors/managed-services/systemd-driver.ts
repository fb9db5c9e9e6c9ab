import { toIso } from "../../../kernel/index.ts";
import type { Systemctl } from "../service/systemctl.ts";
import { VITAL_UNITS } from "../service/vital.ts";
import type { ServiceDriver } from "./driver.ts";

const PROPERTIES = ["LoadState", "ActiveState", "SubState", "ActiveEnterTimestamp", "NRestarts"] as const;

export function systemdDriver({ checkNeeds, run, show }: Systemctl, unit: string): ServiceDriver {
  const ask = (verb: string) => async (signal: AbortSignal) => {
    await run([verb, "--", unit], signal);
  };
  return {
    what: `the unit ${unit}`,
    spared: VITAL_UNITS.test(unit) ? `${unit} is needed to reach or run this machine` : null,
    checkNeeds,
    look: async (signal) => {
      const properties = await show(unit, PROPERTIES, signal);
      const active = properties.get("ActiveState") ?? "";
      const isRunning = active !== "inactive" && active !== "failed";
      return {
        exists: properties.get("LoadState") !== "not-found",
        isRunning,
        state: `${active} (${properties.get("SubState") ?? ""})`,
        since: isRunning ? readTimestamp(properties.get("ActiveEnterTimestamp") ?? "") : null,
        restarts: Number(properties.get("NRestarts") ?? 0) || 0,
      };
    },
    start: ask("start"),
    stop: ask("stop"),
    restart: ask("restart"),
  };
}

/** `Fri 2026-11-27 10:00:00 UTC`, in the time zone of the machine. */
function readTimestamp(text: string): string | null {
  const found = /^\w{3} (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})( UTC)?/.exec(text);
  if (found === null) return null;
  // one in another zone is that of this process too
  const at = Date.parse(`${found[1]}T${found[2]}${found[3] === undefined ? "" : "Z"}`);
  return Number.isNaN(at) ? null : toIso(at);
}
