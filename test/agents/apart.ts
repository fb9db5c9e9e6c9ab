import type { HoldLevel } from "@firebreak/protocol";
import { enforceHold, runSupervisor } from "../../packages/server/src/containment/index.ts";
import type { SupervisorOptions } from "../../packages/server/src/containment/index.ts";
import { createLogger, createNewId, jsonLogLine, systemClock } from "../../packages/server/src/kernel/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";

/**
 * What a test needs done in a process of its own, perhaps as another user: `node apart.mjs run OPTIONS COMMAND…` is a
 * supervisor; `node apart.mjs stop OPTIONS` stops and prints the results. OPTIONS is JSON.
 */
const clock = systemClock;
const newId = createNewId(() => clock.now());
const logger = createLogger(clock, "warn", (record) => process.stderr.write(jsonLogLine(record)));
const [verb, json = "{}", ...command] = process.argv.slice(2);
const options = JSON.parse(json);

if (verb === "run") process.exitCode = await run(options);
else if (verb === "stop") await stop(options);
else throw new Error(`there is no ${verb}`);

async function run(more: Pick<SupervisorOptions, "home" | "agent" | "session">): Promise<number> {
  return runSupervisor({
    cwd: process.cwd(),
    ...more,
    command,
    env: process.env,
    clock,
    newId,
    logger,
    stdio: { stdin: "inherit", stdout: process.stdout, stderr: process.stderr },
  });
}

async function stop({ home, agent, level }: { home: string; agent: string; level: HoldLevel }): Promise<void> {
  const killswitch = openKillswitch({ home, clock, newId, logger });
  const actor = { kind: "cli", id: "ada", name: "Ada" } as const;
  const hold = await killswitch.add({ scope: "agent", target: agent, level, reason: "test", actor, incidentId: null });
  process.stdout.write(JSON.stringify(await enforceHold({ home, clock, hold })) + "\n");
  killswitch.close();
}
