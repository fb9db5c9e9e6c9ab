/** An answer that goes on. */
export interface StreamAnswer {
  readonly status: number;
  header(name: string): string | null;
  /**
   * Hands over each piece the moment it is there; while `take` has something to wait for, nothing more is read.
   *
   * @throws what `take` throws, or why the stream broke off; ends when the stream does
   */
  read(take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void>;
}

/** What a feed needs of the runtime it runs in. */
export interface FeedPlatform {
  /** Asks with GET and follows no redirect. @throws when nothing answers, or the signal says so */
  openStream(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<StreamAnswer>;
  /** Ed25519 (RFC 8032). @param key the 32 bytes of the public key */
  verify(key: Bytes, signature: Bytes, message: Bytes): boolean | Promise<boolean>;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** @returns the bytes, or null for what is no base64url */
export function fromBase64Url(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** @returns a fresh random text of 32 hexadecimal digits */
export function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns a random number from 0 up to 1 */
export function randomFraction(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

/** A timer that keeps no process alive, where the runtime can do that. */
export function unref(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}
