import { createLogger, createNewId, jsonLogLine, systemClock } from "../../packages/server/src/kernel/index.ts";
import { runSupervisor } from "../../packages/server/src/containment/index.ts";

/** A supervisor in a process of its own: `node run-supervisor.mjs HOME AGENT SESSION cgroup|plain COMMAND…` */
const [home = "", agent = "", session = "", kind = "", ...command] = process.argv.slice(2);
process.exitCode = await runSupervisor({
  home,
  agent,
  session,
  command,
  cwd: process.cwd(),
  env: process.env,
  cgroup: kind === "cgroup",
  clock: systemClock,
  newId: createNewId(() => systemClock.now()),
  logger: createLogger(systemClock, "warn", (record) => process.stderr.write(jsonLogLine(record))),
  stdio: { stdin: "inherit", stdout: process.stdout, stderr: process.stderr },
});
