import { createMetrics, getOverview } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { ApiServices } from "../services.ts";

export function systemServices(
  house: House,
): Pick<ApiServices, "health" | "readMetrics" | "checkReadiness" | "getOverview" | "getDetection"> {
  const metrics = createMetrics(house);
  return {
    readMetrics: () => metrics.read(),
    health: () => ({
      status: "ok",
      version: house.version,
      canary: house.canary.view().state,
      uptimeSeconds: Math.round((house.clock.now() - house.startedAtMs) / 1000),
    }),
    checkReadiness: async () => {
      const database = await house.checkDatabase();
      const { health } = house.killswitch.current();
      const { problem } = house.detector.status();
      const checks = [
        { name: "database", ok: database.ok, message: database.ok ? house.database.describe() : database.problem },
        {
          name: "kill switch journal",
          ok: health.state === "ok",
          message: health.state === "ok" ? "" : health.problem,
        },
        { name: "detection", ok: problem === null, message: problem ?? "" },
      ];
      return { status: checks.every((check) => check.ok) ? "ready" : "not_ready", checks };
    },
    getOverview: () => getOverview(house),
    getDetection: async () => {
      const { passedMs, ...status } = house.detector.status();
      return { ...status, silenceJudgedUntil: passedMs === null ? null : toIso(passedMs) };
    },
  };
}
