import { setTimeout as wait } from "node:timers/promises";
import type { Channel, EmailChannel, Profile, ReadSecret, WebhookChannel } from "../kernel/index.ts";
import { ATTEMPT_MS_MAX } from "./schedule.ts";
import { sendEmail } from "./send-email.ts";
import { sendWebhook } from "./send-webhook.ts";
import type { DeliveryRow, NotifyContext, OutgoingMessage, SendResult } from "./types.ts";

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly missing: string };

/** Sends through the channel as the profile defines it now; its secrets are read for this attempt and not kept. */
export async function sendToChannel(
  ctx: Pick<NotifyContext, "readSecret" | "clock"> & { readonly profile: Pick<Profile, "channels"> },
  row: Pick<DeliveryRow, "channel" | "channel_kind">,
  message: OutgoingMessage,
): Promise<SendResult> {
  const channel = ctx.profile.channels.find((candidate) => candidate.name === row.channel);
  if (channel === undefined || channel.kind !== row.channel_kind) {
    const error = `The profile has no ${row.channel_kind} channel ${row.channel} any more. Define it, then retry.`;
    return { kind: "failed", error };
  }
  const used: string[] = [];
  const sending = sendThrough(channel, message, ctx, async (name) => {
    const secret = await ctx.readSecret(name);
    if (secret !== undefined) used.push(secret);
    return secret;
  });
  return withoutSecrets(await withinAttemptTime(sending), used);
}

/** Beyond this time another process takes the attempt for dead and makes it again, so this one must have ended. */
async function withinAttemptTime(sending: Promise<SendResult>): Promise<SendResult> {
  const overdue = new AbortController();
  const timeout = wait(ATTEMPT_MS_MAX, undefined, { signal: overdue.signal }).then((): SendResult => ({
    kind: "retry",
    error: `no end within ${ATTEMPT_MS_MAX / 1000} s`,
  }));
  // the loser of the race is the timer that was called off
  timeout.catch(() => undefined);
  try {
    return await Promise.race([sending, timeout]);
  } finally {
    overdue.abort();
  }
}

function sendThrough(
  channel: Channel,
  message: OutgoingMessage,
  ctx: Pick<NotifyContext, "clock">,
  readSecret: ReadSecret,
): Promise<SendResult> {
  switch (channel.kind) {
    case "webhook":
      return sendThroughWebhook(channel, message, ctx.clock.now(), readSecret);
    case "email":
      return sendThroughEmail(channel, message, readSecret);
    default:
      return channel satisfies never;
  }
}

async function sendThroughWebhook(
  channel: WebhookChannel,
  message: OutgoingMessage,
  now: number,
  readSecret: ReadSecret,
): Promise<SendResult> {
  const url = await settle(channel.url, channel.urlEnv, readSecret);
  const secret = await settle(undefined, channel.secretEnv, readSecret);
  if (!url.ok) return lacking(url.missing);
  if (!secret.ok) return lacking(secret.missing);
  return sendWebhook({ url: url.value ?? "", secret: secret.value }, message, now);
}

async function sendThroughEmail(
  channel: EmailChannel,
  message: OutgoingMessage,
  readSecret: ReadSecret,
): Promise<SendResult> {
  const smtpUrl = await settle(channel.smtpUrl, channel.smtpUrlEnv, readSecret);
  const password = await settle(undefined, channel.passwordEnv, readSecret);
  if (!smtpUrl.ok) return lacking(smtpUrl.missing);
  if (!password.ok) return lacking(password.missing);
  const { user, from, to } = channel;
  return sendEmail({ smtpUrl: smtpUrl.value ?? "", user, password: password.value, from, to }, message);
}

/** @returns the plain value, else the secret of that name, else undefined when the channel names none */
async function settle(
  plain: string | undefined,
  secretName: string | undefined,
  readSecret: ReadSecret,
): Promise<Settled<string | undefined>> {
  if (plain !== undefined || secretName === undefined) return { ok: true, value: plain };
  const value = await readSecret(secretName);
  return value === undefined ? { ok: false, missing: secretName } : { ok: true, value };
}

/** A secret may be put in place while the delivery waits. */
function lacking(name: string): SendResult {
  return {
    kind: "retry",
    error: `The secret ${name} is not set. Set the environment variable or write the file secrets/${name} in the home.`,
  };
}

function withoutSecrets(result: SendResult, secrets: readonly string[]): SendResult {
  const hide = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  return result.kind === "delivered"
    ? { kind: "delivered", receipt: hide(result.receipt) }
    : { kind: result.kind, error: hide(result.error) };
}
