import { getEntries, getLog, getTile, listAudit, listHeads, proveEntry } from "../../audit/index.ts";
import type { EntryName } from "../../audit/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { AuditProofQuery } from "../audit-requests.ts";
import type { ApiServices } from "../services.ts";

type AuditServices = Pick<
  ApiServices,
  | "listAudit"
  | "getAuditLog"
  | "listAuditHeads"
  | "getAuditTile"
  | "getAuditEntries"
  | "proveAuditEntry"
  | "verifyAuditLog"
  | "shipAuditHeads"
  | "rotateAuditKey"
  | "addCosignatures"
>;

export function auditServices(house: House): AuditServices {
  return {
    listAudit: async (_caller, { after, limit, ...filter }) => {
      const from = after === undefined ? undefined : placeAfter(after);
      const items = await listAudit(house.database.kysely, { ...filter, after: from, limit });
      return { items, next: items.length < limit ? null : String(items.at(-1)?.seq ?? from ?? 0) };
    },
    getAuditLog: async () => {
      const { lastCheck } = house.auditLog;
      const check = lastCheck === null ? null : { ...lastCheck, findings: [...lastCheck.findings] };
      return {
        ...(await getLog(house)),
        shipments: [...(await house.auditLog.shipments())],
        witnessed: await viewWitnessed(house),
        checking: house.auditLog.checking,
        lastCheck: check,
      };
    },
    listAuditHeads: (_caller, { after }) => listHeads(house, placeAfter(after)),
    getAuditTile: (_caller, tile) => getTile(house, tile),
    getAuditEntries: (_caller, tile) => getEntries({ database: house.database, home: house.config.home }, tile),
    proveAuditEntry: (_caller, query) =>
      proveEntry({ database: house.database, home: house.config.home }, nameOf(query)),
    verifyAuditLog: async (_caller, { trusted }) => {
      const verdict = await house.auditLog.check(trusted);
      const { findings, tableFindings, deletions } = verdict;
      const told = { findings: [...findings], tableFindings: [...tableFindings], deletions: [...deletions] };
      return { ...verdict, witnessed: null, ...told };
    },
    shipAuditHeads: async (caller) => ({ items: [...(await house.auditLog.shipNow(caller.actor))] }),
    rotateAuditKey: (caller, { overlapDays }) => house.auditLog.rotateKey(caller.actor, overlapDays),
    addCosignatures: async (caller, { checkpoint }) => ({
      witnesses: await house.auditLog.acceptCosignatures(caller.actor, checkpoint),
    }),
  };
}

async function viewWitnessed(house: House) {
  const view = await house.auditLog.witnesses();
  if (view === undefined) return null;
  const { required, checkpoint, size, witnesses } = view;
  return { required, checkpoint, size, witnesses: [...witnesses] };
}

function placeAfter(after: string | undefined): number {
  const from = Number(after ?? 0);
  if (Number.isSafeInteger(from) && from >= 0) return from;
  throw new FirebreakError("bad_request", "after: use `next` of the page before.");
}

function nameOf({ event, act, index }: AuditProofQuery): EntryName {
  if (event !== undefined) return { eventSeq: event };
  if (act !== undefined) return { actSeq: act };
  if (index !== undefined) return { index };
  throw new FirebreakError("bad_request", "Name one entry: event (its seq), act (its seq) or index (its place).");
}
