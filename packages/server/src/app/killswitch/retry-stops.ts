import type { StopRetrier } from "../../containment/index.ts";
import { createStopRetrier } from "../../containment/index.ts";
import type { House } from "../house.ts";
import { raiseOwnAlert } from "../own-alerts.ts";

/** Tries again what a stop did not bring to stand, and says so once for each session that goes on. */
export function createRetriedStops(house: House): () => Promise<void> {
  const { killswitch, config, clock } = house;
  const retrier: StopRetrier = createStopRetrier({
    home: config.home,
    clock,
    holds: () => killswitch.current().holds,
  });
  return async () => {
    for (const { result, attempts } of await retrier.run()) {
      const { sessionId, agentId, level, proof, remaining } = result;
      house.logger.error("a session resists its stop", { sessionId, agentId, level, attempts, proof });
      if (attempts > 1) continue;
      const left = remaining.slice(0, 10).map(({ pid, command }) => `${pid} ${command}`);
      await raiseOwnAlert(house, {
        key: `stop-resisted/${sessionId}`,
        title: `${agentId} resists its stop`,
        text: `Session ${sessionId} is not stopped (${level}): ${proof}. Left: ${left.join(", ") || "unknown"}. It is tried again; \`firebreak status\` names it as long as it goes on. Look at the machine.`,
        severity: 1,
      });
    }
  };
}
