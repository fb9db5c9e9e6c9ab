export { compile } from "./compile.ts";
export { DEFAULT_LIMITS, NO_FIELD } from "./types.ts";
export type {
  Engine,
  EngineCounters,
  EngineLimits,
  EventMeta,
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
} from "./types.ts";
