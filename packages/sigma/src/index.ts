export { compile } from "./compile.ts";
export { flattenWindowsEvent } from "./flatten-windows-event.ts";
export { DEFAULT_LIMITS, NO_FIELD } from "./types.ts";
export type {
  CompileOptions,
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
