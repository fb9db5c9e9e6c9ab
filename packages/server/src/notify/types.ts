import type { Actor } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { Clock, Logger, NewId, Profile, ReadSecret } from "../kernel/index.ts";
import type { Database, DeliveriesTable, Trx } from "../storage/index.ts";

export type { Trx };

export type DeliveryRow = Selectable<DeliveriesTable>;

/** An entry for the incident's record; the incidents room's `addTimelineEntry` takes it. */
export interface TimelineNote {
  readonly incidentId: string;
  readonly key: string;
  readonly at: number;
  readonly kind: string;
  readonly source: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** see `NewTimelineEntry` of incidents */
  readonly isOfEach?: boolean;
}

export interface NotifyContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly actor: Actor;
  readonly profile: Profile;
  /** where people open the console, without a trailing slash; for the links in messages */
  readonly consoleUrl: string;
  readonly readSecret: ReadSecret;
  /**
   * @param person the user whom the channel reaches, or null
   * @returns where the question is answered: by a link of that person's own, or after signing in
   */
  readonly makeAnswerLink: (approvalId: string, person: string | null) => Promise<AnswerLink>;
  /** writes into the incident's record in the same transaction; this room lies below the one that owns the record */
  readonly recordTimeline: (trx: Trx, entry: TimelineNote) => Promise<unknown>;
}

export interface AnswerLink {
  readonly url: string;
  /** for whom it signs in, to this one question only; null: for nobody */
  readonly person: string | null;
}

/** How one attempt ended. `retry`: worth trying again; `failed`: the receiver refuses for good. */
export type SendResult =
  | { readonly kind: "delivered"; readonly receipt: string }
  | { readonly kind: "retry"; readonly error: string }
  | { readonly kind: "failed"; readonly error: string };

/** What a channel sends. The delivery's id is the idempotency key: every attempt carries the same. */
export interface OutgoingMessage {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly template: string;
  readonly subject: string;
  readonly text: string;
  readonly incident: Readonly<Record<string, unknown>>;
  /** what is asked, with the link to answer by; only in a message that asks */
  readonly question?: Readonly<Record<string, unknown>>;
}
