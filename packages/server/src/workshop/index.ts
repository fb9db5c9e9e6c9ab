export { adviseRules, applyFixes } from "./advise-rules.ts";
export type { Advice } from "./advise-rules.ts";
export { measureCosts, measureThroughput } from "./bench-rules.ts";
export { explainRecords, presentRecords } from "./explain-records.ts";
export { planImport, writeImport } from "./import-rules.ts";
export type { ImportPlan } from "./import-rules.ts";
