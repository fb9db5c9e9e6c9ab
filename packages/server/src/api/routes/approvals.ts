import { answerApprovalRequest, approvalView } from "@firebreak/protocol";
import { approvalParams, approvalsQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { approvalPage } from "../schemas.ts";

const tag = "Approvals";

export const approvalRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/approvals",
    operationId: "listApprovals",
    summary: "What waits for a person's answer, and what was answered, newest first",
    tag,
    access: "viewer",
    query: approvalsQuery,
    response: approvalPage,
    handler: ({ services, caller }, { query }) => services.listApprovals(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/approvals/:id",
    operationId: "getApproval",
    summary: "One question, with exactly what would be done",
    tag,
    access: "viewer",
    params: approvalParams,
    response: approvalView,
    handler: ({ services, caller }, { params }) => services.getApproval(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/approvals/:id/answer",
    operationId: "answerApproval",
    summary: "A person approves or denies; never who asked, never a token; the question names the role it needs",
    tag,
    access: "responder",
    params: approvalParams,
    body: answerApprovalRequest,
    response: approvalView,
    handler: ({ services, caller }, { params, body }) => services.answerApproval(caller, { ...params, ...body }),
  }),
];
