export { createDetector } from "./detector.ts";
export type { Detector, DetectorOptions, DetectorStatus } from "./detector.ts";
export type { DetectedMatch } from "./judge.ts";
export { loadRules } from "./load-rules.ts";
export type { LoadedRules } from "./load-rules.ts";
export { runRuleCases } from "./rule-cases.ts";
export type { CaseResult } from "./rule-cases.ts";
export { presentEvent } from "./present-event.ts";
export { presentRecord, readRecordTime } from "./present-record.ts";
