import { freezeOrphans } from "../../containment/index.ts";
import type { Command } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";

export const freezeOrphansCommand: Command = {
  name: "freeze-orphans",
  summary: "freeze agents whose supervisor was killed",
  description: [
    "Nobody watches over them, so they may not run on. A server does this every two seconds in its home, and each " +
      "`firebreak run` leaves a small process behind that does it when it is killed; this is for whoever comes first.",
  ],
  examples: ["firebreak freeze-orphans"],
  exits: [...ALWAYS, "stopUnverified"],
  run: async ({ config, clock, logger, output }) => {
    const results = await freezeOrphans({ home: config.home, clock, logger });
    output.result({ items: results });
    if (results.length === 0) output.line("No agent is without its supervisor.");
    for (const { agentId, sessionId, state, proof } of results) {
      output.line(`${printable(agentId)} (${sessionId}): ${state}, ${printable(proof)}`);
    }
    return results.every(({ state }) => state === "verified_stopped") ? EXIT.ok : EXIT.stopUnverified;
  },
};
