import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { FeedPlatform } from "./platform.ts";

/** Node, Bun and Deno: as the web's, but an agent that is done may end although its feed is open. */
export const nodePlatform: FeedPlatform = {
  openStream: async (url, headers, signal) => {
    const response = await open(url, headers, signal);
    const header = (name: string) => {
      const value = response.headers[name];
      return typeof value === "string" ? value : null;
    };
    return { status: response.statusCode ?? 0, header, body: response };
  },
  verify: (key, signature, message) => verify(null, message, keyObjectOf(key), signature),
};

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** Making one takes as long as a signature. */
function keyObjectOf(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key).toString("base64url") };
  const made = createPublicKey({ key: jwk, format: "jwk" });
  keyObjects.set(key, made);
  return made;
}

async function open(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, signal, agent: false }, resolve);
    asked.on("socket", (socket) => socket.unref());
    asked.on("error", reject);
    asked.end();
  });
}
