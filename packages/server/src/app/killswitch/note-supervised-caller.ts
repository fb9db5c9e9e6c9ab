import type { Caller } from "../../access/index.ts";
import { recordAudit } from "../../audit/index.ts";
import type { SupervisedCaller } from "../../containment/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { House } from "../house.ts";
import { DAEMON } from "../house.ts";
import { raiseOwnAlert } from "../own-alerts.ts";

interface Attempt {
  /** whose credential it was */
  readonly caller: Caller | null;
  readonly operationId: string;
  readonly address: string;
  /** null: it hung up before it could be told which agent it was */
  readonly agent: SupervisedCaller | null;
}

/** A process of an agent has an operator's credential: kept, and told to people, who have to replace it. */
export async function noteSupervisedCaller(house: House, attempt: Attempt): Promise<void> {
  const { caller, operationId, address, agent } = attempt;
  const holder = caller?.actor ?? DAEMON;
  // who hammers at the door must not fill the audit log: this throws, and the door says so in the server's log
  house.refusedAttempts.take(holder.id, address);
  await inTransaction(house.database, (trx) =>
    recordAudit(trx, {
      at: house.clock.now(),
      actor: holder,
      action: "killswitch.refused_agent",
      target: operationId,
      detail: { agentId: agent?.agentId ?? null, sessionId: agent?.sessionId ?? null, pid: agent?.pid ?? null },
    }),
  );
  if (agent === null) return;
  await raiseOwnAlert(house, {
    key: `agent-with-operator-credential/${agent.agentId}`,
    title: `The agent ${agent.agentId} used the credential of ${holder.name}`,
    text:
      `Process ${agent.pid} of ${agent.agentId} asked for ${operationId} with it and was refused. ` +
      "Revoke that token (firebreak's token list, or a new home secret), and find out how the agent came to it; " +
      "`firebreak run --isolate home` keeps the home from an agent.",
    severity: 1,
    labels: { agent: agent.agentId },
  });
}
