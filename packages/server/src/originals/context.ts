import type { Actor, Role } from "@firebreak/protocol";
import type { Clock, NewId, Profile } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { Originals } from "./originals.ts";

export interface OriginalsContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
  readonly originals: Originals;
}

export interface RevealContext extends OriginalsContext {
  readonly profile: Pick<Profile, "redaction">;
  readonly access: Role | "agent";
  /** asked before a refusal is written down. @throws FirebreakError too_many_requests */
  readonly onRefusal?: () => void;
  /** told before any value is given, when one person reveals more than the profile takes for usual */
  readonly onManyReveals?: (many: ManyReveals) => Promise<void>;
}

export interface ManyReveals {
  readonly actor: Actor;
  /** in the last hour */
  readonly count: number;
  /** beyond what the profile allows: this one was refused */
  readonly isRefused: boolean;
}
