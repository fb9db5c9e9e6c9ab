export { classifyName } from "./names.ts";
export { createRedactor } from "./redactor.ts";
export type { Original, Redactable, RedactedEvent, Redactor } from "./redactor.ts";
