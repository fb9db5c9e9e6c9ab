import type { Actor } from "@firebreak/protocol";
import type { AlertProfile } from "../alerts/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { Redactor } from "../redaction/index.ts";
import type { Database, DurableWork } from "../storage/index.ts";

export interface ScanContext {
  readonly home: string;
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly profile: AlertProfile;
  readonly redactor: Pick<Redactor, "maskText">;
  /** default: beside the server */
  readonly scanWorkerFile?: string;
  readonly work: Pick<DurableWork, "enqueue">;
}

export type ScanReader = Pick<ScanContext, "database">;
