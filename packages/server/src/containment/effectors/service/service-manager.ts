import type { MissingNeed } from "../../effector.ts";

/** A service manager refused, or did not answer. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

export interface ServiceState {
  readonly exists: boolean;
  readonly isRunning: boolean;
  /** nothing can start it: masked, disabled */
  readonly isBlocked: boolean;
  /** for people: `active, masked` */
  readonly words: string;
  /** where it is defined, when starting again needs that */
  readonly definition?: string;
}

/** systemd, launchd: what brings services up and keeps them up. */
export interface ServiceManager {
  checkNeeds(): Promise<readonly MissingNeed[]>;
  /** @throws ServiceError */
  look(name: string, signal: AbortSignal): Promise<ServiceState>;
  /** Sees to it that nothing starts it, then stops it. @throws ServiceError */
  stop(name: string, signal: AbortSignal): Promise<void>;
  /** Lets it be started again; does not start it. @throws ServiceError */
  release(name: string, signal: AbortSignal): Promise<void>;
  /** @throws ServiceError */
  start(name: string, signal: AbortSignal, before: Pick<ServiceState, "definition">): Promise<void>;
  /** what `stop` would do, as sentences */
  words(name: string): readonly string[];
}
