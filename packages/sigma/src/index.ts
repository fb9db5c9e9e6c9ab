export { compile } from "./compile.ts";
export { DEFAULT_LIMITS } from "./types.ts";
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
