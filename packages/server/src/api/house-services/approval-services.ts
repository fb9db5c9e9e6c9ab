import { answerApproval, getApproval, listApprovals } from "../../approvals/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import type { ApiServices } from "../services.ts";

type ApprovalServices = Pick<ApiServices, "listApprovals" | "getApproval" | "answerApproval">;

export function approvalServices(house: House): ApprovalServices {
  return {
    listApprovals: (caller, query) => listApprovals(house, caller, query),
    getApproval: (caller, { id }) => getApproval(house, caller, id),
    answerApproval: (caller, request) => answerApproval(contextFor(house, caller.actor), caller, request),
  };
}
