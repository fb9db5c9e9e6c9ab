export { collectEvidence, failCollection, recordCollection, sealCollection } from "./collect-evidence.ts";
export type { CollectInput, EvidenceContext } from "./collect-evidence.ts";
export { archiveDirectory, isUnderWay, readCollectionRecords } from "./collect/collection-record.ts";
export { settleInterrupted } from "./collect/settle-interrupted.ts";
export type { CutOff } from "./collect/settle-interrupted.ts";
export { wasCutOff } from "./collect/finish-cut-off.ts";
export type { CollectionRecord } from "./collect/collection-record.ts";
export type {
  ContainerSource,
  EventsWish,
  ReadEvents,
  SessionSubject,
  SkillReport,
  StoredEvent,
} from "./collect/collector.ts";
export { readSummary } from "./read-summary.ts";
export type { EvidenceSummary } from "./read-summary.ts";
export { reconcileEvidence } from "./reconcile-evidence.ts";
export { checkArchive } from "./check-archive.ts";
export { appendCustody, listCustody, recordCustody } from "./custody.ts";
export type { CustodyAct, CustodyContext } from "./custody.ts";
export { previewItem } from "./preview-item.ts";
export { blobFile, openItem, openItems, readContent, readManifest, viewManifest } from "./read-archive.ts";
export { getEvidence, listEvidence } from "./list-evidence.ts";
export { openEvidenceKey } from "./signing-key.ts";
export { isSealable, sealArchive, unsealArchive } from "./seal-archive.ts";
export type { SealState } from "./seal-archive.ts";
export { holdCopy, removeCopy } from "./remove-copy.ts";
export type { CopyRemoval } from "./remove-copy.ts";
export { storeArchive } from "./store-archive.ts";
export { verifyArchive } from "./verify/verify-archive.ts";
export type { VerifyRequest } from "./verify/verify-archive.ts";
export { exportArchive } from "./carrier/export-archive.ts";
export { openForeign } from "./carrier/open-foreign.ts";
export { packZstd, unpackZstd } from "./carrier/zstd-stream.ts";
