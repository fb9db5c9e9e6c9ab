import { FEED_CONTEXT } from "@firebreak/protocol/feed";
import type { FeedHold, FeedPolicy, FeedState, Lease } from "@firebreak/protocol/feed";
import type { Bytes, FeedPlatform } from "./platform.ts";
import { fromBase64Url } from "./platform.ts";
import { readFeedEvent } from "./read-event.ts";

export type FeedSaid =
  | { readonly ok: true; readonly epoch: number; readonly holds: readonly FeedHold[] }
  /** a person must mend something before the server can be believed */
  | { readonly ok: false; readonly problem: string };

export type SaidState = Extract<FeedSaid, { ok: true }>;

/** An event of a feed, read once for all gates of this process that are sent the same bytes. */
export interface HeardEvent {
  readonly data: string;
  readonly event: FeedState | Lease | FeedPolicy;
  /** what a state says of the stops; the same object for every gate that heard these bytes */
  readonly said: SaidState | null;
  /** it stops an agent as a whole, not only a tool */
  readonly isStop: boolean;
  /** the key that was found to have signed it */
  signedBy: Bytes | null;
}

/** A process has few servers and each has few states at a time; leases are for one gate each and not kept. */
const KEPT_MAX = 8;
const KEPT_CHARACTERS_MAX = 64 * 1024;
const kept: HeardEvent[] = [];

/** @param data `SIGNATURE PAYLOAD` @throws Error when it is not what a server of Firebreak sends */
export function hearEvent(data: string): HeardEvent {
  for (const one of kept) if (one.data === data) return one;
  const event = readFeedEvent(data.slice(data.indexOf(" ") + 1));
  const isStop = event.kind === "state" && event.holds.some((hold) => hold.scope !== "tool");
  const said: SaidState | null = event.kind === "state" ? { ok: true, epoch: event.epoch, holds: event.holds } : null;
  const heard: HeardEvent = { data, event, said, isStop, signedBy: null };
  if (event.kind !== "lease" && data.length <= KEPT_CHARACTERS_MAX) {
    kept.unshift(heard);
    kept.length = Math.min(kept.length, KEPT_MAX);
  }
  return heard;
}

/** @returns true when it is known already that this key signed it */
export function isKnownSigned({ signedBy }: HeardEvent, key: Bytes): boolean {
  return signedBy !== null && (signedBy === key || signedBy.every((byte, i) => byte === key[i]));
}

/** @returns whether the key signed it; what was found out once is not worked out again */
export function checkSigned(
  heard: HeardEvent,
  key: Bytes,
  platform: Pick<FeedPlatform, "verify">,
): boolean | Promise<boolean> {
  if (isKnownSigned(heard, key)) return true;
  const space = heard.data.indexOf(" ");
  const signature = fromBase64Url(heard.data.slice(0, Math.max(space, 0)));
  if (signature === null) return false;
  const note = (isGood: boolean) => {
    if (isGood) heard.signedBy = key;
    return isGood;
  };
  const found = platform.verify(key, signature, new TextEncoder().encode(FEED_CONTEXT + heard.data.slice(space + 1)));
  return typeof found === "boolean" ? note(found) : found.then(note);
}
