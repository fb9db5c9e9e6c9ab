import { z } from "zod";
import { toIso } from "../../../kernel/index.ts";
import { checkEngine } from "../docker/check-engine.ts";
import { EngineError } from "../docker/engine-client.ts";
import type { EngineClient } from "../docker/engine-client.ts";
import { isOwnContainer } from "../docker/own-container.ts";
import { ServiceError } from "../service/service-manager.ts";
import type { ServiceDriver, ServiceFacts } from "./driver.ts";

/** `GET /containers/ID/json` of the Docker Engine API, as far as it is needed here. */
const inspection = z.object({
  Id: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({ Running: z.boolean(), Status: z.string().default(""), StartedAt: z.string().default("") }),
});

/** Of the container's own time to end; the engine kills it after that. */
const GRACE_SECONDS = 10;
const ACT_MS = 60_000;
const NOT_THERE: ServiceFacts = { exists: false, isRunning: false, state: "not there", since: null, restarts: null };

export function dockerDriver(engine: EngineClient, container: string): ServiceDriver {
  const path = `/containers/${encodeURIComponent(container)}`;
  const inspect = async (signal: AbortSignal) => {
    try {
      return inspection.parse(await engine.call({ method: "GET", path: `${path}/json`, signal }));
    } catch (fault) {
      if (fault instanceof EngineError && fault.status === 404) return null;
      throw explained(fault);
    }
  };
  const act = (verb: string, query: Readonly<Record<string, string>>) => async (signal: AbortSignal) => {
    const found = await inspect(signal);
    if (found !== null && isOwnContainer(found.Id)) throw new ServiceError(`Firebreak itself runs in ${container}`);
    try {
      await engine.call({ method: "POST", path: `${path}/${verb}`, query, timeoutMs: ACT_MS, signal });
    } catch (fault) {
      throw explained(fault);
    }
  };
  return {
    what: `the container ${container}`,
    spared: null,
    checkNeeds: () => checkEngine(engine),
    look: async (signal) => {
      const found = await inspect(signal);
      if (found === null) return NOT_THERE;
      const { Running, Status, StartedAt } = found.State;
      const since = Running ? toIso(Date.parse(StartedAt)) : null;
      return { exists: true, isRunning: Running, state: Status, since, restarts: found.RestartCount };
    },
    start: act("start", {}),
    stop: act("stop", { t: String(GRACE_SECONDS) }),
    restart: act("restart", { t: String(GRACE_SECONDS) }),
  };
}

function explained(fault: unknown): unknown {
  return fault instanceof EngineError ? new ServiceError(fault.message) : fault;
}
