import { auditEntriesView, auditLogView, auditProofView, auditTileView, auditVerdictView } from "@firebreak/protocol";
import { auditEntriesParams, auditProofQuery, auditTileParams, pageQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { auditHeadPage, auditPage } from "../schemas.ts";

const tag = "Audit log";
const access = "admin";

export const auditRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/audit",
    operationId: "listAudit",
    summary: "Every act of a person, token, rule or daemon, oldest first",
    tag,
    access,
    query: pageQuery,
    response: auditPage,
    handler: ({ services, caller }, { query }) => services.listAudit(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/log",
    operationId: "getAuditLog",
    summary: "The log over every event and act: its size, signed checkpoint, keys, and last check",
    tag,
    access,
    response: auditLogView,
    handler: ({ services, caller }) => services.getAuditLog(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/heads",
    operationId: "listAuditHeads",
    summary: "Signed checkpoints that were kept, smallest first",
    tag,
    access,
    query: pageQuery,
    response: auditHeadPage,
    handler: ({ services, caller }, { query }) => services.listAuditHeads(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/tiles/:level/:index",
    operationId: "getAuditTile",
    summary: "Hashes of a tile of the log (C2SP tlog-tiles)",
    tag,
    access,
    params: auditTileParams,
    response: auditTileView,
    handler: ({ services, caller }, { params }) => services.getAuditTile(caller, params),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/entries/:index",
    operationId: "getAuditEntries",
    summary: "What was logged under a tile of level 0, byte for byte",
    tag,
    access,
    params: auditEntriesParams,
    response: auditEntriesView,
    handler: ({ services, caller }, { params }) => services.getAuditEntries(caller, params),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/proof",
    operationId: "proveAuditEntry",
    summary: "Proof that an event or act is in the log (C2SP tlog-proof)",
    tag,
    access,
    query: auditProofQuery,
    response: auditProofView,
    handler: ({ services, caller }, { query }) => services.proveAuditEntry(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/audit/verify",
    operationId: "verifyAuditLog",
    summary: "Derives the whole log anew and says what is not as it was logged",
    tag,
    access,
    response: auditVerdictView,
    handler: ({ services, caller }) => services.verifyAuditLog(caller),
  }),
];
