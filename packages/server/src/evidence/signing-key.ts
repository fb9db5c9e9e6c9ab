import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ensurePrivateDir, writeFileAtomic } from "../kernel/index.ts";
import type { ManifestSignature } from "./manifest.ts";

export interface SigningKey {
  /** SHA-256 of the public key's DER, hexadecimal */
  readonly keyId: string;
  readonly publicKeyPem: string;
  signManifest(bytes: Buffer): ManifestSignature;
}

function describeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return {
    keyId,
    publicKeyPem,
    signManifest: (bytes) => ({
      algorithm: "Ed25519",
      key_id: keyId,
      public_key_pem: publicKeyPem,
      manifest_sha256: createHash("sha256").update(bytes).digest("hex"),
      signature_base64: sign(null, bytes, privateKey).toString("base64"),
    }),
  };
}

/** Opens the installation's Ed25519 key in `<home>/secrets`, making it the first time; the public half lies beside it. */
export function openSigningKey(home: string): SigningKey {
  const directory = path.join(home, "secrets");
  const file = path.join(directory, "evidence-key.pem");
  if (!existsSync(file)) {
    ensurePrivateDir(directory);
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileAtomic(file, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), { durable: true });
  }
  const key = describeKey(createPrivateKey(readFileSync(file, "utf8")));
  const publicFile = path.join(directory, "evidence-key.pub.pem");
  if (!existsSync(publicFile)) writeFileAtomic(publicFile, key.publicKeyPem, { durable: true });
  return key;
}
