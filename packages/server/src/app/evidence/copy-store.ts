import type { CustodyContext } from "../../evidence/index.ts";
import type { EvidenceSettings, Logger, ReadSecret } from "../../kernel/index.ts";
import { openS3Store, parseObjectPlace } from "../../objects/index.ts";
import type { ObjectStore } from "../../objects/index.ts";
import type { ThreadOptions } from "./in-thread.ts";

export interface CopiesContext extends CustodyContext, ThreadOptions {
  readonly home: string;
  readonly logger: Logger;
  readonly readSecret: ReadSecret;
}

/** Where archives are copied to, and where they were copied to before. */
export type CopySettings = Pick<EvidenceSettings, "storage" | "formerStorage">;
export type StorageSettings = NonNullable<EvidenceSettings["storage"]>;

/** @returns what the profile says of the store that is called so, if it says anything */
export function storageOf({ storage, formerStorage }: CopySettings, place: string): StorageSettings | undefined {
  const known = [...(storage === undefined ? [] : [storage]), ...formerStorage];
  return known.find(({ url }) => parseObjectPlace(url).name === place);
}

/** @throws Error when its secrets are not set */
export async function openCopyStore(
  ctx: CopiesContext,
  { url, accessKeyEnv, secretKeyEnv }: StorageSettings,
  signal: AbortSignal,
): Promise<ObjectStore> {
  const [accessKeyId, secretAccessKey] = await Promise.all([
    ctx.readSecret(accessKeyEnv),
    ctx.readSecret(secretKeyEnv),
  ]);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error(`the secrets ${accessKeyEnv} and ${secretKeyEnv} are not set`);
  }
  return openS3Store(parseObjectPlace(url), { accessKeyId, secretAccessKey }, { clock: ctx.clock, signal });
}

/** @throws Error when the profile names no such store any more */
export async function openStoreAt(
  ctx: CopiesContext,
  settings: CopySettings,
  { place, signal }: { readonly place: string; readonly signal: AbortSignal },
): Promise<ObjectStore> {
  const storage = storageOf(settings, place);
  if (storage !== undefined) return openCopyStore(ctx, storage, signal);
  throw new Error(`the profile does not name ${place} any more: add it to evidence.formerStorage, with its secrets`);
}
