import { createHmac } from "node:crypto";

/**
 * The value of `X-Firebreak-Signature`: HMAC-SHA256 over `<timestamp>.<body>`, so that neither can be changed nor an old
 * request sent again later.
 *
 * @param timestamp seconds since 1970, as in `X-Firebreak-Timestamp`
 */
export function signWebhook(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}
