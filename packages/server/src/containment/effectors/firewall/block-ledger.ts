import { z } from "zod";
import { parseAddressOrNetwork } from "../../../kernel/index.ts";
import { cutKey, DIRECTIONS } from "./firewall.ts";
import type { WantedCut } from "./firewall.ts";
import { createLedger, ledgerEntry, remainingMsOf } from "./ledger.ts";

const block = ledgerEntry.extend({
  addresses: z.array(z.string().max(64)).min(1).max(1000),
  directions: z.array(z.enum(DIRECTIONS)).min(1).max(2),
});
export type Block = z.infer<typeof block>;

/** The addresses that shall be blocked on this host. */
export const blockLedger = createLedger("blocks", block);

/** @returns what the firewall must cut off: of several blocks of one network, the one that lasts longest */
export function wantedCuts(blocks: readonly Block[], nowMs: number): WantedCut[] {
  const cuts = new Map<string, WantedCut>();
  for (const one of blocks) {
    const remainingMs = remainingMsOf(one, nowMs);
    for (const network of one.addresses.flatMap((text) => parseAddressOrNetwork(text) ?? [])) {
      for (const direction of one.directions) {
        const cut = { network, direction, remainingMs };
        const known = cuts.get(cutKey(cut));
        if (known === undefined || known.remainingMs < remainingMs) cuts.set(cutKey(cut), cut);
      }
    }
  }
  return [...cuts.values()];
}
