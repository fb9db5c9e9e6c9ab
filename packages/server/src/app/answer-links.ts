import { makeAnswerToken } from "../approvals/index.ts";
import type { ApprovalContext } from "../approvals/index.ts";
import type { NotifyContext } from "../notify/index.ts";

/** Where a question is answered: the secret is behind the `#`, which browsers send to nobody. */
export function answerLinks(
  ctx: Omit<ApprovalContext, "recordTimeline" | "newId">,
  consoleUrl: string,
): NotifyContext["makeAnswerLink"] {
  return async (approvalId, person) => {
    const token = person === null ? null : await makeAnswerToken(ctx, { approvalId, person });
    return token === null
      ? { url: `${consoleUrl}/approvals`, person: null }
      : { url: `${consoleUrl}/answer#question=${token}`, person };
  };
}
