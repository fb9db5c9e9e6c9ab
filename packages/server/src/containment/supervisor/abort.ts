export const ABORT_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
/** How an agent wants to be told to give up its runs, its queue and its helpers. It is told once, and not believed. */
export type Abort = { readonly signal: (typeof ABORT_SIGNALS)[number] } | { readonly url: string };

const THIS_MACHINE = ["127.0.0.1", "localhost", "[::1]"];

/** @returns null for what is neither a signal nor a http address on this machine */
export function parseAbort(text: string): Abort | null {
  const signal = ABORT_SIGNALS.find((one) => one === text || one === `SIG${text}`);
  if (signal !== undefined) return { signal };
  if (!URL.canParse(text)) return null;
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" && THIS_MACHINE.includes(hostname) ? { url: text } : null;
}
