import {
  DEFAULT_REDACTION,
  createNewId,
  profileSchema,
  silentLogger,
  systemClock,
} from "../../packages/server/src/kernel/index.ts";
import { upkeepEffectors } from "../../packages/server/src/containment/index.ts";
import { createRedactor } from "../../packages/server/src/redaction/index.ts";

/** Cleans a folder of files older than 90 days, in whatever namespace it runs. HOME FOLDER; prints the outcome. */
const [home = "", folder = ""] = process.argv.slice(2);
const settings = profileSchema.shape.effectors.parse({});
const redactor = createRedactor(DEFAULT_REDACTION);
const effectors = upkeepEffectors({ settings, services: [], readSecret: async () => undefined, redactor });
const ctx = {
  home,
  runId: "run_1",
  stepId: "step",
  clock: systemClock,
  newId: createNewId(() => systemClock.now()),
  logger: silentLogger,
  actor: { kind: "playbook" as const, id: "disk-critical", name: "Disk critical" },
  incidentId: null,
  expiresAt: null,
  signal: new AbortController().signal,
};
const outcome = await effectors.find(({ name }) => name === "disk.clean")?.apply(ctx, { folder, olderThanDays: 90 });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
