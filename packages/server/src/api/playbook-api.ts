import type {
  ExportedDocument,
  PlaybookFormat,
  PlaybookDetail,
  PlaybookImport,
  ProvenPlaybook,
  ProvenPlaybookDetail,
  RefusedPlaybookView,
  RunPreview,
  RunPreviewRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { ImportPlaybookRequest } from "./playbook-schemas.ts";

/** The library of playbooks, for people to read. */
export interface PlaybookApi {
  listPlaybooks(
    caller: Caller,
  ): Promise<{ items: ProvenPlaybook[]; next: string | null; refused: RefusedPlaybookView[] }>;
  getPlaybook(caller: Caller, request: { readonly id: string }): Promise<ProvenPlaybookDetail>;
  previewPlaybook(caller: Caller, request: RunPreviewRequest & { readonly id: string }): Promise<RunPreview>;
  getRunPlaybook(caller: Caller, request: { readonly id: string }): Promise<PlaybookDetail>;
  /** Reads a runbook; nothing is stored. */
  importPlaybook(caller: Caller, request: ImportPlaybookRequest): Promise<PlaybookImport>;
  /** As a runbook to print, with the profile's contacts and clocks. */
  exportPlaybook(
    caller: Caller,
    request: { readonly id: string; readonly format: PlaybookFormat },
  ): Promise<ExportedDocument>;
}
