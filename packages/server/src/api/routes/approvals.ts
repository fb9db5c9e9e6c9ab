import {
  answerApprovalRequest,
  answerByLinkRequest,
  answerLinkView,
  approvalView,
  openAnswerLinkRequest,
} from "@firebreak/protocol";
import { approvalParams, approvalsQuery } from "../requests.ts";
import { definePublicRoute, defineRoute } from "../route.ts";
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
  definePublicRoute({
    method: "POST",
    path: "/api/v1/answer-links/open",
    operationId: "openAnswerLink",
    summary: "The question of a link that a person was sent, and as whom it answers",
    tag,
    body: openAnswerLinkRequest,
    response: answerLinkView,
    handler: ({ services, address }, { token }) => services.openAnswerLink(token, address),
  }),
  definePublicRoute({
    method: "POST",
    path: "/api/v1/answer-links/answer",
    operationId: "answerByLink",
    summary: "The person of the link approves or denies this one question, by the same rules as after signing in",
    tag,
    body: answerByLinkRequest,
    response: answerLinkView,
    handler: ({ services, address }, body) => services.answerByLink(body, address),
  }),
];
