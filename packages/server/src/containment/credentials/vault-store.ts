import { z } from "zod";
import { codeOf } from "../../kernel/index.ts";
import type { ReadSecret, StoreSettings } from "../../kernel/index.ts";
import type { CredentialStore } from "./credential-store.ts";
import { StoreFault } from "./store-fault.ts";

type Settings = Extract<StoreSettings, { kind: "vault" }>;

interface Surroundings {
  readonly readSecret: ReadSecret;
  readonly fetchFrom: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

const secret = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.number().int() }),
  }),
});
const ANSWER_CHARACTERS_MAX = 1024 * 1024;
const WRITE_TRIES = 3;

/**
 * One key of a secret in HashiCorp Vault's KV engine, version 2
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). The other keys stay; a version that somebody wrote
 * meanwhile is never overwritten unseen (check-and-set).
 */
export function vaultStore(settings: Settings, surroundings: Surroundings): CredentialStore {
  const { url, mount, path, key } = settings;
  const place = `${mount}/data/${path}`;
  const call = (method: "GET" | "POST", body?: unknown) => callVault(settings, surroundings, method, body);
  const readAll = async () => {
    const { status, json } = await call("GET");
    const found = secret.safeParse(json);
    // a deleted version answers 404 with its number, which the next write must name
    if (status === 404) return { data: {}, version: found.data?.data.metadata.version ?? 0 };
    if (status !== 200 || !found.success) throw new StoreFault(`Vault answered ${status} to the reading of ${place}`);
    return { data: found.data.data.data ?? {}, version: found.data.data.metadata.version };
  };
  return {
    label: `${key} of ${place} in Vault at ${new URL(url).host}`,
    read: async () => {
      const value = (await readAll()).data[key];
      return typeof value === "string" ? value : null;
    },
    write: async (value) => {
      for (let attempt = 1; ; attempt++) {
        const { data, version } = await readAll();
        const { status } = await call("POST", { options: { cas: version }, data: { ...data, [key]: value } });
        if (status === 200 || status === 204) return;
        if (status !== 400 || attempt === WRITE_TRIES)
          throw new StoreFault(`Vault answered ${status} to the writing of ${place}`);
      }
    },
  };
}

async function callVault(
  { url, mount, path, namespace, tokenEnv }: Settings,
  { readSecret, fetchFrom, timeoutMs }: Surroundings,
  method: "GET" | "POST",
  body: unknown,
): Promise<{ status: number; json: unknown }> {
  const token = await readSecret(tokenEnv);
  if (token === undefined)
    throw new StoreFault(`the token for Vault is missing: set ${tokenEnv}, or the file secrets/${tokenEnv}`);
  const address = `${url.replace(/\/+$/, "")}/v1/${mount}/data/${path}`;
  try {
    const response = await fetchFrom(address, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        "x-vault-token": token,
        "x-vault-request": "true",
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text.length > ANSWER_CHARACTERS_MAX ? undefined : parseJson(text) };
  } catch (fault) {
    const cause = fault instanceof Error ? fault.cause : undefined;
    throw new StoreFault(
      `Vault at ${new URL(url).host} does not answer (${codeOf(cause) ?? codeOf(fault) ?? "no answer in time"})`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
