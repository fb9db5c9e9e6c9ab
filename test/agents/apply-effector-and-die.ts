import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import { agentEffectors } from "../../packages/server/src/containment/index.ts";

/** Applies one effector and dies before anybody could write down what it did: `HOME EFFECTOR AGENT RUN STEP` */
const [home = "", name = "", agentId = "", runId = "", stepId = ""] = process.argv.slice(2);
const effector = agentEffectors.find((one) => one.name === name);
await effector?.apply(
  {
    home,
    runId,
    stepId,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
    actor: { kind: "playbook", id: "rogue-agent", name: "Rogue agent" },
    incidentId: null,
    signal: new AbortController().signal,
  },
  { agentId, reason: "crash test" },
);
process.kill(process.pid, "SIGKILL");
