import { createPublicKey } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { formatVerifierKey } from "@firebreak/verifier";
import type { NoteSigner } from "@firebreak/verifier";
import { openSigningKey, syncDir, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";

/** The key with which this home signs the log's checkpoints. */
export interface LogKey {
  /** the 32 bytes of Ed25519 */
  readonly publicKey: Buffer;
  readonly sign: (bytes: Uint8Array) => Buffer;
  /** the key before, which signs too until its successor is known to all who look */
  readonly before?: LogKey | undefined;
}

/** What anybody may know of it. */
export interface PublicLogKey {
  readonly publicKey: Buffer;
  readonly before?: Pick<LogKey, "publicKey"> | undefined;
}

const KEY = "log-key";
const KEY_BEFORE = "log-key-before";
const KEY_NEXT = "log-key-next";

export function openLogKey(home: string): LogKey {
  // a crash between the two steps of takeNextKey
  if (!hasKey(home, KEY) && hasKey(home, KEY_NEXT)) moveKey(home, KEY_NEXT, KEY);
  return { ...openKey(home, KEY), before: hasKey(home, KEY_BEFORE) ? openKey(home, KEY_BEFORE) : undefined };
}

/** @returns the key that a change is under way to; makes it the first time */
export function openNextKey(home: string): LogKey {
  return openKey(home, KEY_NEXT);
}

export function hasNextKey(home: string): boolean {
  return hasKey(home, KEY_NEXT);
}

/** The next key is the key from now on, and the key the one before. Harmless when repeated after a crash. */
export function takeNextKey(home: string): LogKey {
  if (hasKey(home, KEY)) moveKey(home, KEY, KEY_BEFORE);
  moveKey(home, KEY_NEXT, KEY);
  return openLogKey(home);
}

export function dropNextKey(home: string): void {
  removeKey(home, KEY_NEXT);
}

/** From now on nobody can sign with it. */
export function dropKeyBefore(home: string): LogKey {
  removeKey(home, KEY_BEFORE);
  return openLogKey(home);
}

function openKey(home: string, name: string): LogKey {
  const key = openSigningKey(home, name);
  const { x = "" } = createPublicKey(key.publicKeyPem).export({ format: "jwk" });
  return { publicKey: Buffer.from(x, "base64url"), sign: (bytes) => key.sign(bytes) };
}

const privateHalf = (home: string, name: string): string => path.join(home, "secrets", `${name}.pem`);
const publicHalf = (home: string, name: string): string => path.join(home, "secrets", `${name}.pub.pem`);
const hasKey = (home: string, name: string): boolean => existsSync(privateHalf(home, name));

/** The public half follows from the private one: it goes first, so that a crash in between leaves none that is wrong. */
function moveKey(home: string, from: string, to: string): void {
  for (const file of [publicHalf(home, from), publicHalf(home, to)]) rmSync(file, { force: true });
  renameSync(privateHalf(home, from), privateHalf(home, to));
  syncDir(path.join(home, "secrets"));
}

function removeKey(home: string, name: string): void {
  for (const file of [publicHalf(home, name), privateHalf(home, name)]) rmSync(file, { force: true });
  syncDir(path.join(home, "secrets"));
}

/** Puts the key of this home among those of the log, so that what it signs besides checkpoints counts too. */
export async function announceLogKey({
  database,
  clock,
  logKey,
}: {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logKey: LogKey;
}): Promise<void> {
  const state = await database.kysely.selectFrom("log_state").select("origin").executeTakeFirst();
  if (state === undefined) return;
  await database.kysely
    .insertInto("log_keys")
    .values({ verifier_key: verifierKeyOf(logKey, state.origin), at: toIso(clock.now()) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @returns the key as verifiers take it: `name+id+base64` */
export function verifierKeyOf({ publicKey }: Pick<LogKey, "publicKey">, origin: string): string {
  return formatVerifierKey(origin, publicKey);
}

/** @returns who signs a checkpoint of the log, newest key first */
export function signersOf({ before, ...key }: LogKey, origin: string): NoteSigner[] {
  return [key, ...(before === undefined ? [] : [before])].map(({ publicKey, sign }) => ({
    name: origin,
    publicKey,
    sign,
  }));
}
