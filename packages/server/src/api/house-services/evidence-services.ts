import type { EvidenceCustodyView } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { contextFor, exportInThread, verifyInThread } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  checkArchive,
  getEvidence,
  listCustody,
  listEvidence,
  openEvidenceKey,
  openItem,
  previewItem,
  readContent,
  recordCustody,
  viewManifest,
} from "../../evidence/index.ts";
import type { CustodyAct } from "../../evidence/index.ts";
import type { ApiServices } from "../services.ts";

type EvidenceServices = Pick<
  ApiServices,
  | "listEvidence"
  | "getEvidence"
  | "getEvidenceItems"
  | "getEvidenceCustody"
  | "verifyEvidence"
  | "transferEvidence"
  | "previewEvidenceItem"
  | "downloadEvidenceItem"
  | "exportEvidence"
>;

/** Somebody who pages through an item, or looks again, is on record once in this time. */
const SAME_LOOK_MS = 10 * 60_000;

export function evidenceServices(house: House): EvidenceServices {
  /** Puts the act on record first: what cannot be recorded is not given out. */
  const record = async (caller: Caller, id: string, act: Omit<CustodyAct, "from">, quietMs = 0) => {
    const archive = await getEvidence(house, id);
    const from = caller.address ?? null;
    await recordCustody(contextFor(house, caller.actor), archive, { ...act, from }, { quietMs });
    return archive;
  };
  const custodyOf = async (id: string) => {
    await getEvidence(house, id);
    return { items: await listCustody(house.database.kysely, id), next: null };
  };
  return {
    listEvidence: async (_caller, { incident, agent, session }) => ({
      items: await listEvidence(house, { incidentId: incident, agentId: agent, sessionId: session }),
      next: null,
    }),
    getEvidence: (_caller, { id }) => getEvidence(house, id),
    getEvidenceItems: async (_caller, { id, from }) => viewManifest(await getEvidence(house, id), from),
    getEvidenceCustody: async (_caller, { id }): Promise<{ items: EvidenceCustodyView[]; next: null }> => custodyOf(id),
    verifyEvidence: async (caller, { id }) => {
      const archive = await getEvidence(house, id);
      const { keyId } = openEvidenceKey(house.config.home);
      const ctx = contextFor(house, caller.actor);
      const verdict = await checkArchive(ctx, archive, {
        verify: verifyInThread,
        expectedKeyId: keyId,
        from: caller.address ?? null,
      });
      const { intact, findings, items, manifestSha256, signedBy } = verdict;
      return { id, intact, findings: [...findings], items, manifestSha256, signedBy };
    },
    transferEvidence: async (caller, { id, to, reason }) => {
      await record(caller, id, { act: "transferred", reason, to });
      return custodyOf(id);
    },
    previewEvidenceItem: async (caller, { id, index, offset }) => {
      const archive = await getEvidence(house, id);
      const preview = await previewItem(archive.directory, index, offset);
      await record(caller, id, { act: "read", reason: `looked at ${preview.name}` }, SAME_LOOK_MS);
      return preview;
    },
    downloadEvidenceItem: async (caller, { id, index }) => {
      const { directory } = await getEvidence(house, id);
      const { item, handle, bytes } = await openItem(directory, index);
      try {
        await record(caller, id, { act: "read", reason: `downloaded ${item.name}` });
      } catch (fault) {
        await handle.close();
        throw fault;
      }
      const fileName = item.name.split("/").at(-1) ?? "item";
      return { fileName, mediaType: "application/octet-stream", content: readContent(handle, bytes) };
    },
    exportEvidence: async (caller, { id, reason }) => {
      const { directory } = await record(caller, id, { act: "exported", reason });
      const content = await exportInThread(directory);
      return { fileName: `${id}.tar.zst`, mediaType: "application/zstd", content };
    },
  };
}
