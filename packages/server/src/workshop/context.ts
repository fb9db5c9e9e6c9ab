import type { Actor } from "@firebreak/protocol";
import type { AlertProfile } from "../alerts/index.ts";
import type { Detector, RulesInForce } from "../detection/index.ts";
import { programFile } from "../kernel/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { Database, DurableWork } from "../storage/index.ts";
import { createCostMeter } from "./rule-costs.ts";
import type { CostMeter } from "./rule-costs.ts";
import { Workers } from "./worker/start-worker.ts";
import type { RuleTexts } from "./worker/tasks.ts";

/** What of the house this room works with, beside what every verb takes. */
export interface Workshop {
  /** the rules that judge now; undefined before they were read */
  readonly loaded: () => RulesInForce | undefined;
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
  /** do what takes long */
  readonly workers: Workers;
  readonly costs: CostMeter;
}

export interface WorkshopOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly detector: Pick<Detector, "loaded">;
  readonly placeholders: Workshop["placeholders"];
  /** default: beside the server */
  readonly workerFile?: string;
}

export function createWorkshop(options: WorkshopOptions): Workshop {
  const { database, clock, detector, placeholders, workerFile = programFile("workshop-worker") } = options;
  const own = { loaded: () => detector.loaded(), placeholders, workers: new Workers(workerFile) };
  return { ...own, costs: createCostMeter({ ...own, database, clock }) };
}

export interface WorkshopContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly profile: AlertProfile;
  readonly work: Pick<DurableWork, "enqueue">;
  readonly workshop: Workshop;
}

export function textsInForce({ loaded, placeholders }: Pick<Workshop, "loaded" | "placeholders">): RuleTexts {
  return { sources: loaded()?.sources ?? [], placeholders };
}
