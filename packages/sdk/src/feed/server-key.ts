import { FEED_KEY_PREFIX } from "@firebreak/protocol/feed";
import type { Bytes } from "./platform.ts";
import { fromBase64Url } from "./platform.ts";

/** @returns the 32 bytes of a key such as `ed25519:…`, or null when it is none */
export function parseServerKey(text: string): Bytes | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith(FEED_KEY_PREFIX)) return null;
  const bytes = fromBase64Url(trimmed.slice(FEED_KEY_PREFIX.length));
  return bytes?.length === 32 ? bytes : null;
}

/** @returns true when only this machine can answer there: then the key it shows first may be trusted */
export function isLoopbackUrl({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
