import { sendRequest } from "../../audit/index.ts";
import { signWebhook } from "../../kernel/index.ts";
import type { ShipmentSetting } from "../../kernel/index.ts";
import type { Ship, ShipContext } from "./destination.ts";

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;

/** POSTs the checkpoint as text, signed as webhooks are signed when there is a secret. */
export function shipToHttp(
  { url, urlEnv, secretEnv }: Extract<ShipmentSetting, { kind: "http" }>,
  { readSecret, clock }: ShipContext,
): Ship {
  return async ({ origin, size, note }) => {
    const target = url ?? (urlEnv === undefined ? undefined : await readSecret(urlEnv));
    if (target === undefined || !URL.canParse(target)) throw new Error(`${urlEnv ?? "url"} holds no address`);
    const secret = secretEnv === undefined ? undefined : await readSecret(secretEnv);
    if (secretEnv !== undefined && secret === undefined) throw new Error(`the secret ${secretEnv} is nowhere`);
    const timestamp = String(Math.floor(clock.now() / 1000));
    const { status } = await sendRequest({
      method: "POST",
      url: target,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "idempotency-key": `${origin}/${size}`,
        "x-firebreak-timestamp": timestamp,
        ...(secret === undefined ? {} : { "x-firebreak-signature": signWebhook(secret, timestamp, note) }),
      },
      body: note,
      timeoutMs: TIMEOUT_MS,
      bytesMax: ANSWER_BYTES_MAX,
    });
    if (status < 200 || status >= 300) throw new Error(`${new URL(target).host} answered ${status}`);
  };
}
