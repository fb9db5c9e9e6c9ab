import type { OutgoingMail } from "./through-channel.ts";

/** A signed checkpoint that goes outside, with what witnesses put under it. */
export interface OutgoingHead {
  readonly origin: string;
  readonly size: number;
  readonly note: string;
  /** milliseconds since 1970 */
  readonly at: number;
}

/** What it takes to send something outside. */
export interface ShipContext {
  readonly readSecret: (name: string) => Promise<string | undefined>;
  readonly clock: { now(): number };
  /** sends a mail through a channel of the profile; throws what went wrong */
  readonly sendMail: (channel: string, mail: OutgoingMail) => Promise<void>;
}

/** Sends one checkpoint. Sending it again is harmless. Throws a sentence for people when it did not get there. */
export type Ship = (head: OutgoingHead) => Promise<void>;
