import type { MissingNeed } from "../../effector.ts";

export interface ServiceFacts {
  readonly exists: boolean;
  readonly isRunning: boolean;
  /** in the words of what manages it: `active (running)`, `exited` */
  readonly state: string;
  /** since when it runs, ISO 8601 in UTC; null when it does not, or nobody knows */
  readonly since: string | null;
  /** how often its manager started it again by itself so far; null when nobody counts */
  readonly restarts: number | null;
}

/** What brings one service up and down: systemd, launchd, a container engine, or a command. */
export interface ServiceDriver {
  /** for people: `the unit redis-server.service` */
  readonly what: string;
  /** why it is never stopped, or null */
  readonly spared: string | null;
  checkNeeds(): Promise<readonly MissingNeed[]>;
  /** @throws ServiceError */
  look(signal: AbortSignal): Promise<ServiceFacts>;
  /** @throws ServiceError */
  start(signal: AbortSignal): Promise<void>;
  /** Returns when it stands still. @throws ServiceError */
  stop(signal: AbortSignal): Promise<void>;
  /** @throws ServiceError */
  restart(signal: AbortSignal): Promise<void>;
}
