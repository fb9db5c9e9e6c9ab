import type { FeedPlatform, StreamAnswer } from "./platform.ts";

/** Only what browsers, workers, Bun, Deno and Node all have. The stream keeps the process alive until it is closed. */
export const webPlatform: FeedPlatform = {
  openStream: async (url, headers, signal) => {
    const response = await fetch(url, { headers, signal, redirect: "error" });
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      read: (take) => read(response.body, take),
    };
  },
  verify: async (key, signature, message) => {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  },
};

async function read(body: ReadableStream<Uint8Array> | null, take: Parameters<StreamAnswer["read"]>[0]): Promise<void> {
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) await take(part.value);
}
