import type { Lease } from "@firebreak/protocol/feed";

/** What a lease must fit: who asked, on which connection, and what was said on it before. */
export interface LeaseExpectation {
  readonly agent: string;
  /** undefined: whichever session the token is bound to */
  readonly session: string | undefined;
  readonly nonce: string;
  readonly instance: string;
  /** of the state that was sent last */
  readonly stateEpoch: number;
  /** of the lease before; 0 before the first */
  readonly lastEpoch: number;
  readonly lastIssuedAt: number;
}

/** Longer than any server gives: a bound on what a mistake there can do. */
const LEASE_MS_MAX = 60_000;

/** @returns why the lease gives no right to act here, or null when it does */
export function judgeLease(lease: Lease, expected: LeaseExpectation): string | null {
  if (lease.agent !== expected.agent) return `it is for the agent ${lease.agent}`;
  if (expected.session !== undefined && lease.session !== expected.session) {
    return `it is for ${lease.session === null ? "no session" : `the session ${lease.session}`}`;
  }
  if (lease.instance !== expected.instance) return "another process of the server gave it";
  if (lease.nonce !== expected.nonce) return "it was given to another connection";
  if (lease.issuedAt <= expected.lastIssuedAt) return "it was used before";
  if (lease.epoch < expected.lastEpoch) return `it is of epoch ${lease.epoch}, before ${expected.lastEpoch}`;
  // the state that belongs to it was kept from us, and may have stopped this agent
  if (lease.epoch > expected.stateEpoch) return `it is of epoch ${lease.epoch}, whose state did not come`;
  const lastsMs = lease.expiresAt - lease.issuedAt;
  return lastsMs > 0 && lastsMs <= LEASE_MS_MAX ? null : `it would last ${lastsMs} ms`;
}
