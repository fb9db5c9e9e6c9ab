import type { Actor } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { Clock, NewId } from "../kernel/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import type { ApprovalAnswersTable, ApprovalsTable, Database } from "../storage/index.ts";

/** What every verb of this room works with. */
export interface ApprovalContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
  readonly recordTimeline: NotifyContext["recordTimeline"];
}

export type ApprovalRow = Selectable<ApprovalsTable>;
export type AnswerRow = Selectable<ApprovalAnswersTable>;
