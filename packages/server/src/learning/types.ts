import type { Actor, ImpactView, InvestigationEntry } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { Clock, Profile } from "../kernel/index.ts";
import type {
  AlertsTable,
  ApprovalsTable,
  Database,
  DeliveriesTable,
  EvidenceArchivesTable,
  IncidentClocksTable,
  IncidentsTable,
  PlaybookRunsTable,
  PlaybookStepsTable,
  StopsTable,
  Trx,
} from "../storage/index.ts";

export type { Trx };

export interface LearningContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly profile: Profile;
}

/** Everything a review is drafted from; what was not recorded is not in it. */
export interface ReviewFacts {
  readonly incident: Selectable<IncidentsTable>;
  readonly clocks: readonly Selectable<IncidentClocksTable>[];
  /** the curated view, oldest first */
  readonly timeline: readonly InvestigationEntry[];
  readonly isTimelineCut: boolean;
  /** the newest version; null before one was computed */
  readonly impact: ImpactView | null;
  readonly alerts: readonly Selectable<AlertsTable>[];
  readonly stops: readonly Selectable<StopsTable>[];
  readonly evidence: readonly Selectable<EvidenceArchivesTable>[];
  readonly deliveries: readonly Selectable<DeliveriesTable>[];
  readonly runs: readonly (Selectable<PlaybookRunsTable> & {
    readonly steps: readonly Selectable<PlaybookStepsTable>[];
  })[];
  /** what one person approved alone */
  readonly brokenGlass: readonly Pick<Selectable<ApprovalsTable>, "id" | "title" | "break_glass" | "reviewed">[];
}
