import type { Actor } from "@firebreak/protocol";
import type { Effector } from "../containment/index.ts";
import type { Clock, Logger, NewId, Profile, ReadSecret } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { LoadedPlaybook } from "./load-playbooks.ts";

/** Moments between which the process may die. Tests throw here; nothing is written after a throw. */
export type FaultPoint =
  | "step.before_begin"
  | "step.begun"
  | "step.applied"
  | "step.recorded"
  | "undo.begun"
  | "undo.applied"
  | "undo.recorded"
  | "run.before_end"
  | "run.ended";

export interface PlaybookVerbs {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
}

export interface RunContext extends Pick<PlaybookVerbs, "database" | "clock" | "newId" | "logger"> {
  readonly home: string;
  readonly effectors: ReadonlyMap<string, Effector>;
  readonly profile: Profile;
  /** reads what `${secrets.NAME}` stands for */
  readonly readSecret: ReadSecret;
  /** for tests only */
  readonly fault?: (point: FaultPoint, stepId: string | null) => void;
}
