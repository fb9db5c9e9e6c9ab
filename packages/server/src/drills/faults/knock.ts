const TIMEOUT_MS = 2000;

/** Shows a token at a door. @returns the status, or `no answer` */
export async function knock(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  return globalThis.fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
    async (response) => {
      await response.body?.cancel();
      return String(response.status);
    },
    () => "no answer",
  );
}
