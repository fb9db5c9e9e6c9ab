import type {
  CollectionView,
  EvidenceCustodyView,
  EvidenceManifestView,
  EvidencePreview,
  EvidenceVerification,
  EvidenceView,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type {
  EvidenceExportQuery,
  EvidenceItemsQuery,
  EvidencePreviewQuery,
  EvidenceQuery,
  EvidenceTransferRequest,
  NewCollectionRequest,
} from "./evidence-requests.ts";
import type { Download } from "./explorer-api.ts";

type WithId = { readonly id: string };
type List<T> = Promise<{ items: T[]; next: string | null }>;

/** What is collected of agents and hosts, and the archives that come of it. */
export interface EvidenceApi {
  startCollection(caller: Caller, request: NewCollectionRequest): Promise<CollectionView>;
  listCollections(caller: Caller): List<CollectionView>;
  getCollection(caller: Caller, request: WithId): Promise<CollectionView>;

  listEvidence(caller: Caller, query: EvidenceQuery): List<EvidenceView>;
  getEvidence(caller: Caller, request: WithId): Promise<EvidenceView>;
  getEvidenceItems(caller: Caller, request: WithId & EvidenceItemsQuery): Promise<EvidenceManifestView>;
  getEvidenceCustody(caller: Caller, request: WithId): List<EvidenceCustodyView>;
  verifyEvidence(caller: Caller, request: WithId): Promise<EvidenceVerification>;
  transferEvidence(caller: Caller, request: WithId & EvidenceTransferRequest): List<EvidenceCustodyView>;
  previewEvidenceItem(
    caller: Caller,
    request: WithId & { readonly index: number } & EvidencePreviewQuery,
  ): Promise<EvidencePreview>;
  downloadEvidenceItem(caller: Caller, request: WithId & { readonly index: number }): Promise<Download>;
  exportEvidence(caller: Caller, request: WithId & EvidenceExportQuery): Promise<Download>;
}
