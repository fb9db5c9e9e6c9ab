import type { Actor } from "@firebreak/protocol";
import type { AttemptLimit, Authenticate } from "../access/index.ts";
import type { Clock, Logger, NewId, Profile, ReadSecret } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { AlertProfile, RedactSignal } from "../alerts/index.ts";
import type { SourceDirectory } from "./directory.ts";

/** What the verbs of this room need. */
export interface SourceContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
  readonly sources: SourceDirectory;
}

/** What the endpoints of vendors need beside: nobody is known yet when a message comes. */
export interface SenderContext extends Omit<SourceContext, "actor"> {
  readonly logger: Logger;
  readonly sourceAttempts: AttemptLimit;
  readonly readSecret: ReadSecret;
  readonly authenticate: Authenticate;
  readonly profile: AlertProfile & Pick<Profile, "containment" | "playbooks">;
  readonly redactSignal: RedactSignal;
  readonly version: string;
  readonly startedAtMs: number;
}
