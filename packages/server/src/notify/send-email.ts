import { isIPv4 } from "node:net";
import { createTransport } from "nodemailer";
import { messageOf } from "../kernel/index.ts";
import type { OutgoingMessage, SendResult } from "./types.ts";

export interface EmailTarget {
  /** `smtp://` or `smtps://`; may carry user and password when it comes from a secret */
  readonly smtpUrl: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

const TIMEOUT_MS = 10_000;
const SUBMISSION_PORT = 587;
const SMTPS_PORT = 465;

/**
 * Sends the message as plain text, once. The Message-ID is made of the delivery's id, so that a mailbox shows a repeat
 * as the same message. Uses STARTTLS when the server offers it, and demands it before a password goes to another host.
 * 4xx answers and network faults are worth another try; 5xx is final.
 */
export async function sendEmail(target: EmailTarget, message: OutgoingMessage): Promise<SendResult> {
  const url = URL.canParse(target.smtpUrl) ? new URL(target.smtpUrl) : undefined;
  if (url === undefined || (url.protocol !== "smtp:" && url.protocol !== "smtps:")) {
    return {
      kind: "failed",
      error: "The channel's SMTP address is not smtp:// or smtps://. Correct it in the profile.",
    };
  }
  const transport = createTransport(transportOptions(target, url));
  try {
    const sent = await transport.sendMail({
      from: target.from,
      to: [...target.to],
      subject: message.subject,
      text: message.text,
      messageId: messageIdOf(message.deliveryId, target.from),
      headers: { "X-Firebreak-Delivery": message.deliveryId, "Auto-Submitted": "auto-generated" },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const refused = sent.rejected.length === 0 ? "" : `; refused for ${sent.rejected.length} of ${target.to.length}`;
    return { kind: "delivered", receipt: `${oneLine(sent.response)}${refused}` };
  } catch (thrown) {
    return judgeSmtpError(thrown, url.host);
  } finally {
    transport.close();
  }
}

/** @returns the same id for every attempt of one delivery */
export function messageIdOf(deliveryId: string, from: string): string {
  return `<${deliveryId.toLowerCase()}@${from.slice(from.lastIndexOf("@") + 1)}>`;
}

function transportOptions(target: EmailTarget, url: URL) {
  const secure = url.protocol === "smtps:";
  const user = target.user ?? (url.username === "" ? undefined : decodeURIComponent(url.username));
  const pass = target.password ?? (url.password === "" ? undefined : decodeURIComponent(url.password));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const auth = user === undefined || pass === undefined ? undefined : { user, pass };
  return {
    host,
    port: url.port === "" ? (secure ? SMTPS_PORT : SUBMISSION_PORT) : Number(url.port),
    secure,
    auth,
    requireTLS: auth !== undefined && !secure && !isLoopback(host),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    socketCloseTimeout: 0,
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function judgeSmtpError(thrown: unknown, host: string): SendResult {
  const status =
    typeof thrown === "object" && thrown !== null && "responseCode" in thrown
      ? Number(thrown.responseCode)
      : Number.NaN;
  const error = `${host}: ${oneLine(messageOf(thrown))}`;
  return status >= 500 && status < 600 ? { kind: "failed", error } : { kind: "retry", error };
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 300);
}
