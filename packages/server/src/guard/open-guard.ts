import { cpus, hostname, totalmem } from "node:os";
import type { Actor } from "@firebreak/protocol";
import { receiveSignals } from "../alerts/index.ts";
import type { SignalContext } from "../alerts/index.ts";
import { listSupervisedTrees, readCommandLine } from "../containment/index.ts";
import type { Config, Logger, Profile } from "../kernel/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { createGuard } from "./guard.ts";
import type { Guard, GuardOptions } from "./guard.ts";
import { readHostCounters } from "./host-counters.ts";
import { createProcessMeter, createPsMeter } from "./process-meter.ts";
import { createReadText } from "./read-text.ts";

const ACTOR: Actor = { kind: "daemon", id: "resource-guard", name: "resource guard" };

export interface GuardSurroundings extends Omit<SignalContext, "actor">, Pick<GuardOptions, "setThrottle" | "stop"> {
  readonly config: Pick<Config, "home" | "resourceGuard">;
  readonly logger: Logger;
  readonly profile: Pick<Profile, "guard">;
  readonly redactor: Pick<Redactor, "maskText">;
}

/** The guard of the machine that this process runs on. */
export function openGuard(surroundings: GuardSurroundings): Guard {
  const { config, logger, profile, redactor, setThrottle, stop, ...context } = surroundings;
  const { home } = config;
  const { platform } = process;
  const readText = createReadText();
  return createGuard({
    isOn: config.resourceGuard,
    host: hostname(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    settings: profile.guard,
    clock: context.clock,
    logger,
    readCounters: () => readHostCounters({ platform, readText, home }),
    meter: platform === "linux" ? createProcessMeter({ readText }) : createPsMeter(),
    listTrees: () => listSupervisedTrees({ home }),
    readCommandLine,
    maskText: redactor.maskText,
    setThrottle,
    stop,
    tell: async (signals) => {
      await receiveSignals({ ...context, actor: ACTOR }, signals);
    },
  });
}
