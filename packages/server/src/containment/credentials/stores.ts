import type { ReadSecret, StoreSettings } from "../../kernel/index.ts";
import type { CredentialStore } from "./credential-store.ts";
import { commandStore } from "./command-store.ts";
import { envFileStore } from "./env-file-store.ts";
import { fileStore } from "./file-store.ts";
import { keychainStore } from "./keychain-store.ts";
import { vaultStore } from "./vault-store.ts";

export interface StoreSurroundings {
  readonly readSecret: ReadSecret;
  readonly fetchFrom: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

export function openStore(settings: StoreSettings, surroundings: StoreSurroundings): CredentialStore {
  switch (settings.kind) {
    case "file":
      return fileStore(settings.path);
    case "env":
      return envFileStore(settings.path, settings.variable);
    case "command":
      return commandStore(settings, surroundings.timeoutMs);
    case "keychain":
      return keychainStore(settings, surroundings.timeoutMs);
    case "vault":
      return vaultStore(settings, surroundings);
  }
}
