import { runParams } from "../requests.ts";
import {
  exportedDocument,
  playbookDetail,
  playbookImport,
  provenPlaybookDetail,
  runPreview,
  runPreviewRequest,
} from "@firebreak/protocol";
import { exportPlaybookQuery, importPlaybookRequest, playbookLibrary, playbookParams } from "../playbook-schemas.ts";
import { defineRoute } from "../route.ts";

const tag = "Playbooks";

export const playbookRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/playbooks",
    operationId: "listPlaybooks",
    summary: "The playbooks of the profile, and the files that do not run before they are mended",
    tag,
    access: "viewer",
    response: playbookLibrary,
    handler: ({ services, caller }) => services.listPlaybooks(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/playbooks/:id",
    operationId: "getPlaybook",
    summary: "One playbook whole: its steps, its text with what is wrong in it, the versions that ran",
    tag,
    access: "viewer",
    params: playbookParams,
    response: provenPlaybookDetail,
    handler: ({ services, caller }, { params }) => services.getPlaybook(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/playbooks/:id/preview",
    operationId: "previewPlaybook",
    summary: "What a run would do with these inputs, step by step; nothing is done",
    tag,
    access: "responder",
    params: playbookParams,
    body: runPreviewRequest,
    response: runPreview,
    handler: ({ services, caller }, { params, body }) => services.previewPlaybook(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/runs/:id/playbook",
    operationId: "getRunPlaybook",
    summary: "The playbook as it was when the run was asked for",
    tag,
    access: "viewer",
    params: runParams,
    response: playbookDetail,
    handler: ({ services, caller }, { params }) => services.getRunPlaybook(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/playbooks/import",
    operationId: "importPlaybook",
    summary: "A runbook in Markdown as playbooks, with what became of each line; nothing is stored",
    tag,
    access: "responder",
    body: importPlaybookRequest,
    response: playbookImport,
    handler: ({ services, caller }, { body }) => services.importPlaybook(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/playbooks/:id/export",
    operationId: "exportPlaybook",
    summary: "A playbook as a runbook to print: Markdown or PDF, with contacts and clocks of the profile",
    tag,
    access: "viewer",
    params: playbookParams,
    query: exportPlaybookQuery,
    response: exportedDocument,
    handler: ({ services, caller }, { params, query }) => services.exportPlaybook(caller, { ...params, ...query }),
  }),
];
