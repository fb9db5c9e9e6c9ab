import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ensurePrivateDir, writeFileAtomic } from "./private-files.ts";

/** An Ed25519 key of this installation. */
export interface SigningKey {
  /** SHA-256 of the public key's DER, hexadecimal */
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** @returns the 64 bytes of the signature (RFC 8032) */
  sign(bytes: Uint8Array): Buffer;
}

/**
 * Opens the key `<home>/secrets/<name>.pem`, making it the first time; the public half lies beside it.
 *
 * @param name what the key is for, one key per purpose: `evidence-key`
 */
export function openSigningKey(home: string, name: string): SigningKey {
  const directory = path.join(home, "secrets");
  const file = path.join(directory, `${name}.pem`);
  if (!existsSync(file)) {
    ensurePrivateDir(directory);
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileAtomic(file, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), { durable: true });
  }
  const privateKey = createPrivateKey(readFileSync(file, "utf8"));
  const publicKey = createPublicKey(privateKey);
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const publicFile = path.join(directory, `${name}.pub.pem`);
  if (!existsSync(publicFile)) writeFileAtomic(publicFile, publicKeyPem, { durable: true });
  return { keyId: keyIdOf(publicKey), publicKeyPem, sign: (bytes) => sign(null, bytes, privateKey) };
}

/** @returns SHA-256 of a public key's DER, hexadecimal */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}
