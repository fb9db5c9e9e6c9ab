import type {
  ArchiveLines,
  ArchiveSegment,
  CancelNoticeRequest,
  LegalHoldRelease,
  LegalHoldView,
  NewLegalHoldRequest,
  NewPersonErasureRequest,
  PersonErasure,
  ReleaseLegalHoldRequest,
  RetentionCopy,
  RetentionNotice,
  RetentionPreview,
  RetentionReport,
  RetentionView,
  CarryOutPersonErasureRequest,
  WithdrawPersonErasureRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { ArchiveQuery, LegalHoldsQuery, NoticesQuery, RetentionQuery } from "./requests.ts";

type WithId = { readonly id: string };
type List<T> = Promise<{ items: T[]; next: string | null }>;

/** What the API needs of the house about retention. */
export interface RetentionServices {
  getRetention(caller: Caller): Promise<RetentionView>;
  previewRetention(caller: Caller, query: RetentionQuery): Promise<RetentionPreview>;
  runRetention(caller: Caller, request: RetentionQuery): Promise<RetentionReport>;
  listRetentionNotices(caller: Caller, query: NoticesQuery): List<RetentionNotice>;
  cancelRetentionNotice(caller: Caller, request: CancelNoticeRequest & WithId): Promise<RetentionNotice>;
  listRetentionCopies(caller: Caller): List<RetentionCopy>;
  listArchiveSegments(caller: Caller): List<ArchiveSegment>;
  readArchiveSegment(caller: Caller, query: ArchiveQuery & WithId): Promise<ArchiveLines>;
  listLegalHolds(caller: Caller, query: LegalHoldsQuery): List<LegalHoldView>;
  applyLegalHold(caller: Caller, request: NewLegalHoldRequest): Promise<LegalHoldView>;
  releaseLegalHold(caller: Caller, request: ReleaseLegalHoldRequest & WithId): Promise<LegalHoldRelease>;
  findPerson(caller: Caller, request: NewPersonErasureRequest): Promise<PersonErasure>;
  listPersonErasures(caller: Caller): List<PersonErasure>;
  getPersonErasure(caller: Caller, request: WithId): Promise<PersonErasure>;
  carryOutPersonErasure(caller: Caller, request: CarryOutPersonErasureRequest & WithId): Promise<PersonErasure>;
  withdrawPersonErasure(caller: Caller, request: WithdrawPersonErasureRequest & WithId): Promise<PersonErasure>;
}
