import { createPublicKey } from "node:crypto";
import { formatVerifierKey } from "@firebreak/verifier";
import { openSigningKey, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";

/** The key with which this home signs the log's checkpoints. */
export interface LogKey {
  /** the 32 bytes of Ed25519 */
  readonly publicKey: Buffer;
  readonly sign: (bytes: Uint8Array) => Buffer;
}

export function openLogKey(home: string): LogKey {
  const key = openSigningKey(home, "log-key");
  const { x = "" } = createPublicKey(key.publicKeyPem).export({ format: "jwk" });
  return { publicKey: Buffer.from(x, "base64url"), sign: (bytes) => key.sign(bytes) };
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
export function verifierKeyOf({ publicKey }: LogKey, origin: string): string {
  return formatVerifierKey(origin, publicKey);
}
