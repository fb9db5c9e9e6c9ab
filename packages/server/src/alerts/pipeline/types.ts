import type { AlertReason, AlertStage, IncidentType, Severity, StageDecision } from "@firebreak/protocol";
import type { Labels, LabelTest } from "../../kernel/index.ts";

/** What the stages know of one alert. */
export interface Candidate {
  readonly id: string;
  readonly source: string;
  readonly key: string;
  readonly status: "open" | "resolved";
  /** 1 for the first alert of its key */
  readonly occurrence: number;
  readonly labels: Labels;
  readonly agentId: string | null;
  /** what its sender groups by */
  readonly groupKey: string | null;
  /** something was read otherwise than it was sent */
  readonly wasNormalised: boolean;
  readonly incidentId: string | null;
  /** the profile binds a playbook to its rule, which contains the agent by itself */
  readonly contains: boolean;
  readonly severity: Severity;
  readonly incidentType: IncidentType;
}

/** Something that holds alerts back, and whether also those that contain by themselves. */
interface Holder {
  /** what a person calls it by: an id, or a name in the profile */
  readonly id: string;
  readonly mutesContainment: boolean;
}

/** A silence or a maintenance window. */
export interface Mute extends Holder {
  readonly matches: LabelTest;
  /** @returns when the stretch that is on at `now` ends, or null when none is; milliseconds since 1970 */
  readonly activeUntil: (now: number) => number | null;
}

export interface Inhibition extends Holder {
  readonly source: LabelTest;
  readonly target: LabelTest;
  readonly equal: readonly string[];
}

export interface Route extends Holder {
  readonly matches: LabelTest;
  readonly incident: boolean;
  readonly severity: Severity | undefined;
  readonly incidentType: IncidentType | undefined;
  readonly groupBy: readonly string[] | undefined;
  readonly repeatMs: number;
}

/** Everything besides the alert that a decision depends on, so that deciding is pure. */
export interface Situation {
  /** milliseconds since 1970 */
  readonly now: number;
  readonly routes: readonly Route[];
  readonly inhibitions: readonly Inhibition[];
  /** open alerts that may inhibit this one */
  readonly inhibitors: readonly { readonly id: string; readonly labels: Labels }[];
  readonly silences: readonly Mute[];
  readonly windows: readonly Mute[];
  /** when an earlier alert of the same key was told */
  readonly lastToldAt: number | null;
}

/** How the incident is to be, as the stages worked it out. */
export interface Plan {
  readonly groupKey: string;
  readonly severity: Severity;
  readonly incidentType: IncidentType;
}

/** What a stage decides: go on, with what it adds to the plan, or hold the alert. */
export type Verdict = {
  readonly reason: AlertReason;
  readonly by?: string;
  /** looked at again then; left out: only when what holds it ends */
  readonly until?: number;
} & ({ readonly holds: true } | { readonly holds?: false; readonly plan?: Partial<Plan> });

export type Stage = (candidate: Candidate, situation: Situation) => Verdict;
/** The stages that look at an alert by itself; which storm it joins is found when it gets its incident. */
export type PipelineStage = Exclude<AlertStage, "storm">;
export type Stages = Readonly<Record<PipelineStage, Stage>>;

export interface Decision {
  readonly disposition: "incident" | "held";
  readonly stages: readonly StageDecision[];
  readonly heldBy: string | null;
  readonly decideAt: number | null;
  readonly plan: Plan;
}
