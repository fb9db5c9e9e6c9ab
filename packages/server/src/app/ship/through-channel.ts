import type { Clock, Profile, ReadSecret } from "../../kernel/index.ts";
import { sendToChannel } from "../../notify/index.ts";

export interface OutgoingMail {
  readonly subject: string;
  readonly text: string;
  /** the same for every attempt */
  readonly id: string;
}

interface ChannelContext {
  readonly profile: Pick<Profile, "channels">;
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
}

/** Sends a mail through an e-mail channel of the profile. Throws what went wrong. */
export async function sendThroughChannel(
  { profile, readSecret, clock }: ChannelContext,
  channel: string,
  { subject, text, id }: OutgoingMail,
): Promise<void> {
  const message = { deliveryId: id, attempt: 1, template: "audit", subject, text, incident: {} };
  const sent = await sendToChannel({ profile, readSecret, clock }, { channel, channel_kind: "email" }, message);
  if (sent.kind !== "delivered") throw new Error(sent.error);
}
