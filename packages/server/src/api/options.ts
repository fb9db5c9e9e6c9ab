import type { Authenticate } from "../access/index.ts";
import type { LoopbackConnection, SupervisedCaller } from "../containment/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { LiveHub } from "./live-hub.ts";
import type { ApiServices } from "./services.ts";

export interface Timeouts {
  /** until all headers are there */
  readonly headersMs: number;
  /** until the whole request is there */
  readonly requestMs: number;
  /** how often that is looked at */
  readonly checkMs: number;
}

export interface HttpServerOptions {
  readonly services: ApiServices;
  readonly authenticate: Authenticate;
  readonly live: LiveHub;
  /** the built console; a page says how to build it when there is none */
  readonly consoleDir: string | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly config: {
    /** where people reach the console, when that is not the bound address */
    readonly publicUrl: string | undefined;
    /** checks each answer against its schema; for tests and development */
    readonly validateResponses?: boolean;
    /** how long a client may take; only tests take other than the default */
    readonly timeouts?: Timeouts;
  };
  /** who of the agents supervised here made that connection */
  readonly findSupervisedCaller?: (connection: LoopbackConnection) => SupervisedCaller | "unknown" | null;
  /** whether a fault means that the database is away for the moment (answered as 503) */
  readonly isStorageFault?: (fault: unknown) => boolean;
}
