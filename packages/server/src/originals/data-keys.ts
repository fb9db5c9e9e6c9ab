import { createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { RedactionCategory } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Clock, NewId } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import { decrypt, encrypt } from "./cipher.ts";
import type { Kek, KeyRing } from "./key-ring.ts";

/** What one data key is for. */
export interface KeyName {
  readonly agentId: string;
  readonly category: RedactionCategory;
  /** `2026-03-01`, UTC */
  readonly day: string;
}

export interface DataKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface DataKeys {
  /** @returns a living key for each name, under {@link keyNameText}; those that are new are stored first */
  require(names: readonly KeyName[]): Promise<ReadonlyMap<string, DataKey>>;
  /** Looks all of them up anew: some were destroyed, or are encrypted with another key now. */
  forget(): void;
}

export interface DataKeysOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly ring: KeyRing;
}

/** So long a key is used without looking whether another node destroyed it. */
const TRUSTED_MS = 10_000;
const CACHED_MAX = 20_000;

/** Any fixed number. Shared by whoever stores data keys, alone for whoever forgets the key that encrypts them. */
export const KEY_LOCK = 7_041_230;

export const keyNameText = ({ agentId, category, day }: KeyName) => `${agentId}\n${category}\n${day}`;

/** What a wrapped key is bound to. */
const boundOf = (id: string, name: KeyName) => `firebreak original key\n${id}\n${keyNameText(name)}`;

export function wrapKey(kek: Kek, id: string, name: KeyName, key: KeyObject): Buffer {
  return encrypt(kek.key, key.export(), boundOf(id, name));
}

/** @returns null when the row was changed */
export function unwrapKey(kek: Kek, id: string, name: KeyName, wrapped: Buffer): KeyObject | null {
  const bytes = decrypt(kek.key, wrapped, boundOf(id, name));
  return bytes === null ? null : createSecretKey(bytes);
}

export function createDataKeys(options: DataKeysOptions): DataKeys {
  const { clock } = options;
  const cache = new Map<string, DataKey & { readonly untilMs: number }>();
  const remember = (text: string, key: DataKey) => {
    cache.delete(text);
    cache.set(text, { ...key, untilMs: clock.monotonicMs() + TRUSTED_MS });
    const oldest = cache.keys().next();
    if (cache.size > CACHED_MAX && oldest.done !== true) cache.delete(oldest.value);
  };
  return {
    require: async (names) => {
      const found = new Map<string, DataKey>();
      const unknown = new Map<string, KeyName>();
      for (const name of names) {
        const text = keyNameText(name);
        const cached = cache.get(text);
        if (cached !== undefined && cached.untilMs > clock.monotonicMs()) found.set(text, cached);
        else unknown.set(text, name);
      }
      if (unknown.size === 0) return found;
      const stored = await inTransaction(options.database, (trx) => findOrMake(trx, options, [...unknown.values()]));
      for (const [text, key] of stored) {
        remember(text, key);
        found.set(text, key);
      }
      return found;
    },
    forget: () => cache.clear(),
  };
}

async function findOrMake(
  trx: Trx,
  options: DataKeysOptions,
  names: readonly KeyName[],
): Promise<Map<string, DataKey>> {
  await sql`select pg_advisory_xact_lock_shared(${KEY_LOCK})`.execute(trx);
  const found = await findLiving(trx, options.ring, names);
  const missing = names.filter((name) => !found.has(keyNameText(name)));
  for (const [text, key] of await storeNew(trx, options, missing)) found.set(text, key);
  return found;
}

/** Several keys of one name do no harm: each ciphertext names its own. */
async function findLiving(trx: Trx, ring: KeyRing, names: readonly KeyName[]): Promise<Map<string, DataKey>> {
  const { rows } = await sql<StoredKey>`
    select id, original_keys.agent_id, original_keys.category, original_keys.day::text as day, kek_id, wrapped
    from unnest(${names.map(({ agentId }) => agentId)}::text[], ${names.map(({ category }) => category)}::text[],
      ${names.map(({ day }) => day)}::date[]) as given (agent_id, category, day)
    join original_keys using (agent_id, category, day)
    where wrapped is not null`.execute(trx);
  const keys = new Map<string, DataKey>();
  for (const { id, agent_id: agentId, category, day, kek_id: kekId, wrapped } of rows) {
    const name = { agentId, category, day };
    const kek = ring.find(kekId);
    // of another home, or tampered with: it encrypts nothing more, another takes its place
    const key = kek === undefined ? null : unwrapKey(kek, id, name, wrapped);
    if (key !== null) keys.set(keyNameText(name), { id, key });
  }
  return keys;
}

/** A data key as the table has it, encrypted by the key-encryption key `kek_id`. */
export interface StoredKey {
  readonly id: string;
  readonly agent_id: string;
  readonly category: RedactionCategory;
  readonly day: string;
  readonly kek_id: string;
  readonly wrapped: Buffer;
}

async function storeNew(
  trx: Trx,
  { newId, clock, ring }: DataKeysOptions,
  names: readonly KeyName[],
): Promise<Map<string, DataKey>> {
  if (names.length === 0) return new Map();
  const kek = ring.current();
  const made = names.map((name) => {
    const id = newId("originalKey");
    const key = createSecretKey(randomBytes(32));
    return { id, name, key, wrapped: wrapKey(kek, id, name, key).toString("hex") };
  });
  await sql`
    insert into original_keys (id, agent_id, category, day, kek_id, wrapped, created_at)
    select id, agent_id, category, day, ${kek.id}, decode(wrapped, 'hex'), ${new Date(clock.now())}
    from unnest(${made.map(({ id }) => id)}::text[], ${made.map(({ name }) => name.agentId)}::text[],
      ${made.map(({ name }) => name.category)}::text[], ${made.map(({ name }) => name.day)}::date[],
      ${made.map(({ wrapped }) => wrapped)}::text[]) as given (id, agent_id, category, day, wrapped)`.execute(trx);
  return new Map(made.map(({ id, name, key }) => [keyNameText(name), { id, key }]));
}
