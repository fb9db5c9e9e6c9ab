import { EventEmitter } from "node:events";
import { appendFileSync, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { HoldLevel } from "@firebreak/protocol";
import { enforceHold, runSupervisor } from "../../packages/server/src/containment/index.ts";
import type { SupervisorOptions } from "../../packages/server/src/containment/index.ts";
import { createLogger, createNewId, jsonLogLine, systemClock } from "../../packages/server/src/kernel/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";

/**
 * What a test needs done in a process of its own, perhaps as another user: `node apart.mjs run OPTIONS COMMAND…` is a
 * supervisor, `node apart.mjs many OPTIONS` many in one process; `node apart.mjs stop OPTIONS` stops and prints the results. OPTIONS is JSON.
 */
const clock = systemClock;
const newId = createNewId(() => clock.now());
const logger = createLogger(clock, "warn", (record) => process.stderr.write(jsonLogLine(record)));
const [verb, json = "{}", ...command] = process.argv.slice(2);
const options = JSON.parse(json);

if (verb === "many") await runMany(options);
else if (verb === "run") process.exitCode = await run(options);
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

interface Many {
  readonly home: string;
  readonly agents: readonly (Pick<SupervisorOptions, "session" | "command" | "cwd"> & { readonly session: string })[];
}

const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** Some agents print without an end, and may outlive a test that failed: the rest is read and dropped. */
function keepSome(file: string): Writable {
  const kept = createWriteStream(file);
  let left = KEPT_BYTES_MAX;
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      left -= chunk.length;
      if (left > 0) kept.write(chunk, done);
      else done();
    },
  });
}

/** The output of each goes to `HOME/out.SESSION`, its errors to `HOME/err.SESSION`. */
async function runMany({ home, agents }: Many): Promise<void> {
  const ends = agents.map((agent) => {
    const errors = join(home, `err.${agent.session}`);
    return runSupervisor({
      home,
      agent: "scout",
      ...agent,
      env: process.env,
      clock,
      newId,
      logger: createLogger(clock, "warn", (record) => appendFileSync(errors, jsonLogLine(record))),
      stdio: {
        stdin: "ignore",
        stdout: keepSome(join(home, `out.${agent.session}`)),
        stderr: createWriteStream(errors, { flags: "a" }),
      },
      signals: new EventEmitter(),
    });
  });
  await Promise.all(ends);
}

async function stop({ home, agent, level }: { home: string; agent: string; level: HoldLevel }): Promise<void> {
  const killswitch = openKillswitch({ home, clock, newId, logger });
  const actor = { kind: "cli", id: "ada", name: "Ada" } as const;
  const hold = await killswitch.add({ scope: "agent", target: agent, level, reason: "test", actor, incidentId: null });
  process.stdout.write(JSON.stringify(await enforceHold({ home, clock, hold })) + "\n");
  killswitch.close();
}
