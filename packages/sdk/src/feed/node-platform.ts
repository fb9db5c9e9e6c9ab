import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { finished } from "node:stream/promises";
import type { FeedPlatform, StreamAnswer } from "./platform.ts";

/** Node, Bun and Deno: as the web's, but an agent that is done may end although its feed is open. */
export const nodePlatform: FeedPlatform = {
  openStream: async (url, headers, signal) => {
    const response = await open(url, headers, signal);
    const header = (name: string) => {
      const value = response.headers[name];
      return typeof value === "string" ? value : null;
    };
    return { status: response.statusCode ?? 0, header, read: (take) => read(response, take) };
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

/** Without an iterator: a stop is known in the same turn of the event loop in which its bytes came. */
async function read(response: IncomingMessage, take: Parameters<StreamAnswer["read"]>[0]): Promise<void> {
  const breakOff = (fault: unknown) => response.destroy(fault instanceof Error ? fault : new Error(String(fault)));
  response.on("data", (chunk: Buffer) => {
    try {
      const waits = take(chunk);
      if (waits === undefined) return;
      response.pause();
      waits.then(() => response.resume(), breakOff);
    } catch (fault) {
      breakOff(fault);
    }
  });
  await finished(response);
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
