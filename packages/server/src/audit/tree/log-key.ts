import { createPublicKey } from "node:crypto";
import { formatVerifierKey } from "@firebreak/verifier";
import { openSigningKey } from "../../kernel/index.ts";

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

/** @returns the key as verifiers take it: `name+id+base64` */
export function verifierKeyOf({ publicKey }: LogKey, origin: string): string {
  return formatVerifierKey(origin, publicKey);
}
