const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/**
 * As `fetch`, of this machine alone: a drill asks nobody else.
 *
 * @throws RangeError for any other host
 */
export async function fetchLoopback(url: string, init: RequestInit): Promise<Response> {
  const { hostname } = new URL(url);
  if (!LOOPBACK.includes(hostname)) throw new RangeError(`${hostname} is not this machine; drills ask nobody else`);
  return globalThis.fetch(url, { ...init, redirect: "error" });
}
