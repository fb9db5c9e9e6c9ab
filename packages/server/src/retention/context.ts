import type { Actor } from "@firebreak/protocol";
import type { Clock, Logger, NewId, RetentionSettings } from "../kernel/index.ts";
import type { LogKey } from "../audit/index.ts";
import type { Originals } from "../originals/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import type { Database } from "../storage/index.ts";

/** What every verb of this room works with. */
export interface RetentionContext {
  readonly database: Pick<Database, "kysely" | "pool">;
  readonly home: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly profile: { readonly retention: RetentionSettings };
  /** signs what is archived and deleted, as it signs the checkpoints of the log */
  readonly logKey: LogKey;
  /** keys of what redaction took out, where the process has them in memory */
  readonly originals?: Originals;
  readonly recordTimeline: NotifyContext["recordTimeline"];
}
