import type { AgentEvent } from "@firebreak/protocol";
import type { EngineCounters, Eviction, Match, RuleSource } from "@firebreak/sigma";
import type { EventPage } from "../../telemetry/index.ts";
import type { JudgingFault } from "../evaluate-event.ts";
import type { RulesInForce } from "../load-rules.ts";
import type { Remembered } from "../remembered-events.ts";

/** A match and the event that completed it; none when it came true because something did not happen. */
export interface DetectedMatch {
  readonly match: Match;
  readonly event: AgentEvent | undefined;
}

type Placeholders = Readonly<Record<string, readonly string[]>>;

/** What the server asks the thread that judges. Rules have numbers, so that both mean the same ones. */
export type Question =
  | {
      readonly kind: "load";
      readonly rulesNumber: number;
      readonly rulesDirs: readonly string[];
      readonly placeholders: Placeholders;
      readonly previous: readonly RuleSource[] | undefined;
    }
  /** the same texts once more, for a thread that takes the place of one that ended */
  | {
      readonly kind: "restore";
      readonly rulesNumber: number;
      readonly sources: readonly RuleSource[];
      readonly placeholders: Placeholders;
    }
  /** judge by these rules from now on, with windows that are empty */
  | ({ readonly kind: "begin"; readonly rulesNumber: number } & Beginning)
  /** fills windows with what was judged before */
  | { readonly kind: "replay"; readonly page: EventPage }
  | { readonly kind: "advance"; readonly untilMs: number }
  | { readonly kind: "judge"; readonly page: EventPage }
  /** judge what did not happen; everything received until then is judged */
  | { readonly kind: "passTime"; readonly heardMs: number }
  | { readonly kind: "sweep"; readonly nowMs: number };

export interface Beginning {
  /** since when rules wait for the groups they name, by id */
  readonly watches: ReadonlyMap<string, number>;
  /** since when this node listens */
  readonly openedMs: number;
  /** up to when it was judged what did not happen */
  readonly passedMs: number | null;
  /** numbers of events that ended a thread before: they are passed over */
  readonly skipped: ReadonlySet<number>;
}

export interface Answers {
  readonly load: RulesInForce;
  readonly restore: null;
  readonly begin: EngineCounters;
  /** those to be remembered */
  readonly replay: readonly Remembered[];
  readonly advance: null;
  readonly judge: Verdict;
  readonly passTime: Verdict;
  readonly sweep: null;
}

/** What became of a page of events, or of a silence. */
export interface Verdict {
  /** the last event judged; null of a silence */
  readonly seq: number | null;
  /** up to when it was judged what did not happen, ms */
  readonly passedMs: number | null;
  readonly found: readonly DetectedMatch[];
  readonly remembered: readonly Remembered[];
  readonly evictions: readonly Eviction[];
  readonly faults: readonly JudgingFault[];
  readonly counters: EngineCounters;
}

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

/** `problem`: it could not be answered, and the thread goes on. */
export type Answered =
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly problem: string };

/** What a thread is started with. */
export interface ThreadSetting {
  /** memory of both sides: the number of the event that is judged just now, else 0 */
  readonly current: Float64Array<SharedArrayBuffer>;
}
