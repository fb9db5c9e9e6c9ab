export { listAudit } from "./list-audit.ts";
export type { AuditView } from "./list-audit.ts";
export { recordAudit } from "./record-audit.ts";
export type { AuditRecord } from "./record-audit.ts";
