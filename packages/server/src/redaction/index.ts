export { classifyName } from "./names.ts";
export { createRedactor } from "./redactor.ts";
export type { Redactable, RedactedEvent, Redactor } from "./redactor.ts";
