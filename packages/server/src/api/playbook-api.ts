import type {
  PlaybookDetail,
  ProvenPlaybook,
  ProvenPlaybookDetail,
  RefusedPlaybookView,
  RunPreview,
  RunPreviewRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";

/** The library of playbooks, for people to read. */
export interface PlaybookApi {
  listPlaybooks(
    caller: Caller,
  ): Promise<{ items: ProvenPlaybook[]; next: string | null; refused: RefusedPlaybookView[] }>;
  getPlaybook(caller: Caller, request: { readonly id: string }): Promise<ProvenPlaybookDetail>;
  previewPlaybook(caller: Caller, request: RunPreviewRequest & { readonly id: string }): Promise<RunPreview>;
  getRunPlaybook(caller: Caller, request: { readonly id: string }): Promise<PlaybookDetail>;
}
