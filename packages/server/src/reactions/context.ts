import type { Selectable } from "kysely";
import type { Actor } from "@firebreak/protocol";
import type { ActionContext } from "../actions/index.ts";
import type { ApprovalContext } from "../approvals/index.ts";
import type { Profile } from "../kernel/index.ts";
import type { PlaybookVerbs } from "../playbooks/index.ts";
import type { ReactionsTable } from "../storage/index.ts";

/** What every verb of this room works with. */
export interface ReactionContext extends ActionContext, PlaybookVerbs, ApprovalContext {
  readonly database: ActionContext["database"];
  readonly actor: Actor;
  readonly profile: Profile;
  /** agents in whose process tree this server runs: they are never acted on by automation */
  readonly ownAgents: ReadonlySet<string>;
}

export type ReactionRow = Selectable<ReactionsTable>;
