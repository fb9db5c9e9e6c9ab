import type { Network } from "../../../kernel/index.ts";

export const DIRECTIONS = ["in", "out"] as const;
/** `in`: packets from the address; `out`: packets to it */
export type Direction = (typeof DIRECTIONS)[number];

/** One network that is cut off in one direction until a time. */
export interface Cut {
  readonly network: Network;
  readonly direction: Direction;
  /** how much longer, in milliseconds; null when the firewall keeps no time of its own */
  readonly remainingMs: number | null;
}

/** A cut that shall be there. */
export type WantedCut = Cut & { readonly remainingMs: number };

/**
 * A packet filter of the host. What is Firebreak's in it is its own: nothing else there is read, changed or removed.
 *
 * @throws FirewallFault with what the filter said
 */
export interface Firewall {
  readonly name: "nftables" | "pf" | "ufw";
  /** whether a cut also ends connections that are open already */
  readonly cutsOpenConnections: boolean;
  /** @returns what is cut off now, read from the filter itself */
  read(): Promise<readonly Cut[]>;
  /** Makes the filter cut off exactly `wanted`; all or nothing where the filter can. */
  make(wanted: readonly WantedCut[]): Promise<void>;
}

/** The filter did not do it; the message is its own. */
export class FirewallFault extends Error {
  override readonly name = "FirewallFault";
}

export function cutKey({ network, direction }: Pick<Cut, "network" | "direction">): string {
  return `${direction} ${network.width} ${network.length} ${network.bits}`;
}
