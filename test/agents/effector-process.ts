import { z } from "zod";
import {
  DEFAULT_REDACTION,
  createNewId,
  profileSchema,
  silentLogger,
  systemClock,
} from "../../packages/server/src/kernel/index.ts";
import {
  agentEffectors,
  hostEffectors,
  localEffectors,
  upkeepEffectors,
} from "../../packages/server/src/containment/index.ts";
import { createRedactor } from "../../packages/server/src/redaction/index.ts";

/**
 * Another process that uses an effector: `apply` and die before anybody could write down what it did, or `undo` what is on
 * record and print the outcome. One argument, JSON.
 */
const request = z
  .object({
    verb: z.enum(["apply", "undo"]),
    home: z.string(),
    effector: z.string(),
    parameters: z.unknown(),
    output: z.record(z.string(), z.unknown()).default({}),
    runId: z.string(),
    stepId: z.string(),
    settings: profileSchema.shape.effectors,
    services: profileSchema.shape.services,
  })
  .parse(JSON.parse(process.argv[2] ?? ""));

const { home, runId, stepId, parameters, output } = request;
const none = async () => [];
const needed = { neverBlock: [], operators: none, database: none, services: none };
const surroundings = { needed, readSecret: async () => undefined };
const redactor = createRedactor(DEFAULT_REDACTION);
const local = [
  ...localEffectors(request.settings, async () => undefined, redactor),
  ...hostEffectors(request.settings, surroundings),
  ...upkeepEffectors({ ...request, readSecret: surroundings.readSecret, redactor }),
];
const effectors = [...agentEffectors, ...local];
const effector = effectors.find((one) => one.name === request.effector);
if (effector === undefined) throw new Error(`there is no ${request.effector}`);
const ctx = {
  home,
  runId,
  stepId,
  clock: systemClock,
  newId: createNewId(() => systemClock.now()),
  logger: silentLogger,
  actor: { kind: "playbook" as const, id: "rogue-agent", name: "Rogue agent" },
  incidentId: null,
  expiresAt: null,
  signal: new AbortController().signal,
};
if (request.verb === "apply") {
  await effector.apply(ctx, parameters);
  process.kill(process.pid, "SIGKILL");
}
process.stdout.write(JSON.stringify(await effector.undo(ctx, parameters, output)));
