import type { FeedPlatform } from "./platform.ts";

/** Only what browsers, workers, Bun, Deno and Node all have. The stream keeps the process alive until it is closed. */
export const webPlatform: FeedPlatform = {
  openStream: async (url, headers, signal) => {
    const response = await fetch(url, { headers, signal, redirect: "error" });
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      body: chunksOf(response.body),
    };
  },
  verify: async (key, signature, message) => {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  },
};

async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) yield part.value;
}
