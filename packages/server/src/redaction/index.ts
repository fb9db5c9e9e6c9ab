export { classifyName } from "./names.ts";
export { planRedaction } from "./plan.ts";
export type { RedactionPlan } from "./plan.ts";
export { createRedactor } from "./redactor.ts";
export type { Redactable, RedactedEvent, Redactor } from "./redactor.ts";
