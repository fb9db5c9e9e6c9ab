/**
 * The feed by which a server reaches gates and supervisors on any host: server-sent events whose data is
 * `SIGNATURE PAYLOAD`, the payload canonical JSON and the signature Ed25519 over {@link FEED_CONTEXT} and the payload, in
 * base64url. Without any dependency, so that an agent's process can carry it.
 */
import type { HoldRule } from "./holds.ts";

export const FEED_PATH = "/api/v1/gate/feed";
/** Signed with each payload, so that no signature made for another purpose fits here. */
export const FEED_CONTEXT = "firebreak-feed-v1\n";
/** The answer's header with the server's public key. Whoever has pinned a key never reads it. */
export const FEED_KEY_HEADER = "x-firebreak-key";
/** A public key as people copy it: this and the 32 bytes in base64url. */
export const FEED_KEY_PREFIX = "ed25519:";

/** A stop as gates know it. */
export interface FeedHold extends HoldRule {
  readonly id: string;
  readonly reason: string;
  /** who set it */
  readonly by: string;
  /** ISO 8601 */
  readonly at: string;
}

/** The holds that concern the receiver; the first event of every feed, and again at each change. */
export interface FeedState {
  readonly kind: "state";
  /** of the server's process: a new one at each start */
  readonly instance: string;
  readonly epoch: number;
  readonly holds: readonly FeedHold[];
  /** why the server itself cannot know all holds; everything is stopped then */
  readonly problem: string | null;
}

/** The right to act until `expiresAt`, or with `stopped` the server's word that there is none. */
export interface Lease {
  readonly kind: "lease";
  readonly instance: string;
  readonly agent: string;
  readonly session: string | null;
  /** what the receiver sent along when it connected: a lease is good for one connection */
  readonly nonce: string;
  readonly epoch: number;
  readonly stopped: boolean;
  /** milliseconds on a clock of the instance that never jumps; rises with every lease of a connection */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The policy that gates evaluate besides holds, as its owner wrote it; null when there is none. */
export interface FeedPolicy {
  readonly kind: "policy";
  readonly instance: string;
  readonly policy: string | null;
}
