import type { BreakerView } from "@firebreak/protocol";
import type { BreakerFold } from "@firebreak/sdk/ledger";
import { toIso } from "../kernel/index.ts";
import type { PolicyContext } from "./context.ts";
import { readBreakerFiles } from "./ledger-files.ts";
import type { BreakerFile } from "./ledger-files.ts";

/** @param filter `agent`: leaves out those of other agents; tools and integrations are everybody's
 *
 * @returns the circuit breakers that something happened to, what is off first; untouched ones are closed */
export function listBreakers(
  ctx: Omit<PolicyContext, "actor" | "database">,
  { agent }: { readonly agent?: string | undefined } = {},
): BreakerView[] {
  return readBreakerFiles(ctx.ledgerDir)
    .filter((file) => agent === undefined || file.per !== "agent" || file.subject === agent)
    .map((file) => breakerViewOf(ctx, file))
    .toSorted((a, b) => RANK[a.state] - RANK[b.state]);
}

const RANK: Readonly<Record<BreakerView["state"], number>> = { isolated: 0, open: 1, half_open: 2, closed: 3 };

export function breakerViewOf(
  { clock, policies }: Pick<PolicyContext, "clock" | "policies">,
  { log, breaker, per, subject }: Omit<BreakerFile, "log"> & { readonly log: { readonly current: BreakerFold } },
): BreakerView {
  const fold = log.current;
  const state = fold.stateAt(clock.now());
  const { isolation, opened } = fold;
  const since = isolation?.at ?? opened?.at;
  return {
    breaker,
    per,
    subject,
    state,
    since: since === undefined ? null : toIso(since),
    reason: isolation?.reason ?? opened?.why ?? null,
    by: isolation?.by ?? null,
    probeFrom: opened === null || isolation !== null ? null : toIso(fold.probeFrom()),
    inForce: policies.published?.breakers.some(({ name }) => name === breaker) ?? false,
  };
}
