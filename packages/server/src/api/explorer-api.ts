import type {
  EventDetail,
  ExportView,
  NewExportRequest,
  NewSavedViewRequest,
  SavedView,
  SessionReplayPage,
  SessionReplaySummary,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { SessionOfAgentQuery, SessionReplayQuery } from "./explorer-requests.ts";
import type { PageQuery } from "./requests.ts";

interface WithId {
  readonly id: string;
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** A file that is sent while it is made. */
export interface Download {
  readonly fileName: string;
  readonly mediaType: string;
  /** whoever stops reading it ends it */
  readonly content: AsyncGenerator<Buffer, void>;
}

/** What the API needs of the house to look at what is stored. */
export interface ExplorerApi {
  getEvent(caller: Caller, request: { readonly seq: number }): Promise<EventDetail>;
  getSessionReplay(caller: Caller, query: SessionReplayQuery & WithId): Promise<SessionReplayPage>;
  getSessionReplaySummary(caller: Caller, query: SessionOfAgentQuery & WithId): Promise<SessionReplaySummary>;

  requestExport(caller: Caller, request: NewExportRequest): Promise<ExportView>;
  listExports(caller: Caller, query: PageQuery): Promise<Page<ExportView>>;
  getExport(caller: Caller, request: WithId): Promise<ExportView>;
  /** @throws FirebreakError conflict when it was fetched already */
  fetchExport(caller: Caller, request: WithId): Promise<Download>;
  listSavedViews(caller: Caller): Promise<Page<SavedView>>;
  createSavedView(caller: Caller, request: NewSavedViewRequest): Promise<SavedView>;
  changeSavedView(caller: Caller, request: NewSavedViewRequest & WithId): Promise<SavedView>;
  removeSavedView(caller: Caller, request: WithId): Promise<void>;
}
