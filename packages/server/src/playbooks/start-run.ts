import type { RunView } from "@firebreak/protocol";
import { inTransaction } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import { refuseUnknownIncident } from "./known-incident.ts";
import { getRun } from "./list-runs.ts";
import { requestRun } from "./request-run.ts";
import type { RunRequest } from "./request-run.ts";

/**
 * A person starts a playbook.
 *
 * @throws FirebreakError not_found for playbook or incident, invalid_body for inputs that do not fit, conflict for a lock that the
 *   playbook does not wait for
 */
export async function startRun(
  ctx: Pick<PlaybookVerbs, "database" | "clock" | "newId" | "actor" | "playbooks">,
  request: Omit<RunRequest, "runId">,
): Promise<RunView> {
  const { runId } = await inTransaction(ctx.database, async (trx) => {
    if (request.incidentId !== null) await refuseUnknownIncident(trx, request.incidentId);
    return requestRun(trx, ctx, request);
  });
  return getRun(ctx.database, runId);
}
