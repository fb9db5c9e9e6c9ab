export { collectEvidence } from "./collect-evidence.ts";
export type { CollectInput, EvidenceContext, EvidenceSummary } from "./collect-evidence.ts";
export type { AgentSubject } from "./collect/collect-agent.ts";
export { appendCustody } from "./custody.ts";
export { getEvidence, listEvidence } from "./list-evidence.ts";
export { openEvidenceKey } from "./signing-key.ts";
export { verifyArchive } from "./verify/verify-archive.ts";
export type { ArchiveVerdict, Finding } from "./verify/verify-archive.ts";
