import type {
  AuditEntriesView,
  AuditHeadView,
  AuditLogView,
  AuditProofView,
  AuditTileView,
  AuditVerdictView,
  AuditView,
  CosignaturesRequest,
  CosignaturesView,
  RotateKeyRequest,
  RotatedKeyView,
  ShipmentList,
  VerifyLogRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { AuditProofQuery, AuditQuery } from "./audit-requests.ts";
import type { PageQuery } from "./requests.ts";

type List<T> = Promise<{ items: T[]; next: string | null }>;

/** The log of every act and event, and what proves it. */
export interface AuditApi {
  listAudit(caller: Caller, query: AuditQuery): List<AuditView>;
  getAuditLog(caller: Caller): Promise<AuditLogView>;
  listAuditHeads(caller: Caller, query: PageQuery): List<AuditHeadView>;
  getAuditTile(caller: Caller, tile: { readonly level: number; readonly index: number }): Promise<AuditTileView>;
  getAuditEntries(caller: Caller, tile: { readonly index: number }): Promise<AuditEntriesView>;
  proveAuditEntry(caller: Caller, query: AuditProofQuery): Promise<AuditProofView>;
  verifyAuditLog(caller: Caller, request: VerifyLogRequest): Promise<AuditVerdictView>;
  shipAuditHeads(caller: Caller): Promise<ShipmentList>;
  rotateAuditKey(caller: Caller, request: RotateKeyRequest): Promise<RotatedKeyView>;
  addCosignatures(caller: Caller, request: CosignaturesRequest): Promise<CosignaturesView>;
}
