import type { BreakerRequest, BreakerView } from "@firebreak/protocol";
import { BreakerFold, breakerPath, SharedLog } from "@firebreak/sdk/ledger";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { PolicyContext } from "./context.ts";
import { breakerViewOf } from "./list-breakers.ts";

/**
 * Keeps an agent, tool or integration off until a person closes its breaker: no probe, no time ends it.
 *
 * @throws FirebreakError not_found when the policy has no such breaker
 */
export function isolateBreaker(ctx: PolicyContext, request: BreakerRequest): Promise<BreakerView> {
  return changeBreaker(ctx, request, "isolate");
}

/** Lets acts pass again, whether failures or a person had opened it. @throws FirebreakError not_found */
export function closeBreaker(ctx: PolicyContext, request: BreakerRequest): Promise<BreakerView> {
  return changeBreaker(ctx, request, "close");
}

async function changeBreaker(
  ctx: PolicyContext,
  { breaker, subject, reason }: BreakerRequest,
  change: "isolate" | "close",
): Promise<BreakerView> {
  const log = new SharedLog(breakerPath(ctx.ledgerDir, { breaker, subject }), () => new BreakerFold());
  const entry = ctx.policies.published?.breakers.find(({ name }) => name === breaker);
  // one that the policy has no more may still be closed
  const per = entry?.per ?? (change === "close" ? perOf(log.look()) : undefined);
  if (per === undefined) {
    const remedy = "`firebreak policy show` lists the circuit breakers.";
    throw new FirebreakError("not_found", `The policy has no circuit breaker ${breaker}. ${remedy}`);
  }
  const at = ctx.clock.now();
  await inTransaction(ctx.database, async (trx) => {
    const detail = { subject, reason, before: log.look().stateAt(at) };
    await recordAudit(trx, { at, actor: ctx.actor, action: `breaker.${change}`, target: breaker, detail });
    await notifyLive(trx, "policy", breaker);
    if (log.current.about === undefined) log.append({ t: "about", breaker, per, subject });
    log.append({ t: change, by: ctx.actor.name, reason, at }, { durable: true });
  });
  return breakerViewOf(ctx, { log, breaker, per, subject });
}

function perOf({ about }: BreakerFold): BreakerView["per"] | undefined {
  const per = about?.["per"];
  return per === "agent" || per === "tool" || per === "integration" ? per : undefined;
}
