import { answerApproval, getApproval, listApprovals, openAnswerLink } from "../../approvals/index.ts";
import { contextFor, DAEMON } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import type { ApiServices } from "../services.ts";

type ApprovalServices = Pick<
  ApiServices,
  "listApprovals" | "getApproval" | "answerApproval" | "openAnswerLink" | "answerByLink"
>;

export function approvalServices(house: House): ApprovalServices {
  /** Guesses are counted like those at the sign-in. */
  const open = async (token: string, address: string) => {
    house.attempts.take(null, address);
    const link = await openAnswerLink(contextFor(house, DAEMON), token);
    house.attempts.succeed(null, address);
    return link;
  };
  return {
    listApprovals: (caller, query) => listApprovals(house, caller, query),
    getApproval: (caller, { id }) => getApproval(house, caller, id),
    answerApproval: (caller, request) => answerApproval(contextFor(house, caller.actor), caller, request),
    openAnswerLink: async (token, address) => {
      const { answerer, approval } = await open(token, address);
      return { person: answerer.actor.name, approval };
    },
    answerByLink: async ({ token, ...answer }, address) => {
      const { answerer, approval } = await open(token, address);
      const ctx = contextFor(house, answerer.actor);
      return {
        person: answerer.actor.name,
        approval: await answerApproval(ctx, answerer, { ...answer, id: approval.id }),
      };
    },
  };
}
