import type { Caller } from "../../access/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { House } from "../house.ts";

interface Attempt {
  readonly caller: Caller | null;
  readonly operationId: string;
  readonly address: string;
  readonly code: string;
}

/** Keeps who tried to stop, resume or answer and may not. Who is unknown stands in the server's log only. */
export async function noteRefusedAttempt(house: House, { caller, operationId, address, code }: Attempt): Promise<void> {
  if (!house.killswitchPolicy.logUnauthorized) return;
  if (caller === null) {
    house.logger.warn("an attempt at the kill switch without credentials was refused", { operationId, address });
    return;
  }
  const { actor, access } = caller;
  // who hammers at the door must not fill the audit log: this throws, and the door says so in the server's log
  house.refusedAttempts.take(actor.id, address);
  await inTransaction(house.database, (trx) =>
    recordAudit(trx, {
      at: house.clock.now(),
      actor,
      action: "killswitch.refused",
      target: operationId,
      detail: { result: code, access, ipAddress: address },
    }),
  );
}
