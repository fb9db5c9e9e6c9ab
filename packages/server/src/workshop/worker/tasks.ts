import type { ExplanationView, ReplayResult, TryView } from "@firebreak/protocol";
import type { RuleSource } from "@firebreak/sigma";
import type { RaisedAlert } from "../../alerts/index.ts";
import type { CaseFileResults } from "../../detection/index.ts";
import type { StoredBody } from "../../telemetry/index.ts";
import type { RuleCost } from "../bench-rules.ts";
import type { EventRecord } from "../explain-records.ts";

/** Rules as texts: a worker compiles them itself. */
export interface RuleTexts {
  readonly sources: readonly RuleSource[];
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
}

/** What is asked of rules; answered with a result of its kind. */
export type WorkerQuestion =
  | {
      readonly kind: "try";
      readonly records: readonly EventRecord[];
      /** undefined: those that match, or all when the rules are somebody's own */
      readonly ruleId: string | undefined;
      readonly explainAll: boolean;
    }
  | { readonly kind: "cases"; readonly ruleFile: string };

/** What is done beside the server's own thread. */
export type WorkerTask =
  | { readonly kind: "question"; readonly rules: RuleTexts; readonly question: WorkerQuestion }
  /** one question after the other: it says null when the rules are compiled */
  | { readonly kind: "questions"; readonly rules: RuleTexts }
  | { readonly kind: "costs"; readonly rules: RuleTexts; readonly bodies: readonly StoredBody[] }
  | {
      readonly kind: "replay";
      readonly rules: RuleTexts;
      readonly ruleIds: readonly string[] | null;
      readonly fromMs: number;
      readonly toMs: number;
    };

export interface TaskResults {
  readonly try: TryView & { readonly explanations: ExplanationView[] };
  readonly cases: CaseFileResults;
  readonly costs: readonly RuleCost[];
}

/** A replay is a conversation: it is ready, takes pages, and ends with its result. */
export type ReplayMessage =
  | { readonly kind: "alerts"; readonly alerts: readonly RaisedAlert[] }
  | { readonly kind: "page"; readonly bodies: readonly StoredBody[] }
  | { readonly kind: "end" };

/** What the worker says to each message; first of all, and unasked, that it is ready. */
export interface ReplayAnswers {
  readonly ready: ReplayReady;
  readonly alerts: null;
  readonly page: ReplayPageDone;
  readonly end: ReplayDone;
}

export interface ReplayReady {
  /** how far back correlations look */
  readonly windowMs: number;
  /** rules whose alerts are compared */
  readonly ruleIds: readonly string[];
}

export interface ReplayPageDone {
  /** events that lie in the range, and their matches, so far */
  readonly events: number;
  readonly matches: number;
  /** time of receipt of the page's last event */
  readonly throughMs: number;
}

export type ReplayDone = Omit<ReplayResult, "seconds" | "truncated">;
