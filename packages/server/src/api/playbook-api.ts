import type { PlaybookDetail, ProvenPlaybook, ProvenPlaybookDetail, RefusedPlaybookView } from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";

/** The library of playbooks, for people to read. */
export interface PlaybookApi {
  listPlaybooks(
    caller: Caller,
  ): Promise<{ items: ProvenPlaybook[]; next: string | null; refused: RefusedPlaybookView[] }>;
  getPlaybook(caller: Caller, request: { readonly id: string }): Promise<ProvenPlaybookDetail>;
  getRunPlaybook(caller: Caller, request: { readonly id: string }): Promise<PlaybookDetail>;
}
