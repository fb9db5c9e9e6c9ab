export { compile } from "./compile.ts";
export { flattenWindowsEvent } from "./flatten-windows-event.ts";
export { DEFAULT_LIMITS, NO_FIELD } from "./types.ts";
export type {
  CompileOptions,
  CorrelationStep,
  Engine,
  EngineCounters,
  EngineLimits,
  EventMeta,
  ExplainedCorrelation,
  ExplainedEvent,
  ExplainedPart,
  ExplainedPresentation,
  ExplainedTest,
  Explanation,
  Logsource,
  Match,
  MatchedField,
  MatchedSelection,
  Presentation,
  RuleError,
  RuleInfo,
  RuleKind,
  RuleSource,
  Ruleset,
  SigmaEvent,
  TimedEvent,
} from "./types.ts";
