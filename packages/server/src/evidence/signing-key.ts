import { createHash } from "node:crypto";
import { openSigningKey } from "../kernel/index.ts";
import type { SigningKey } from "../kernel/index.ts";
import type { ManifestSignature } from "./manifest.ts";

/** The installation's key for sealing archives. */
export function openEvidenceKey(home: string): SigningKey {
  return openSigningKey(home, "evidence-key");
}

/** @param bytes the manifest, exactly as it is stored */
export function signManifest(key: SigningKey, bytes: Buffer): ManifestSignature {
  return {
    algorithm: "Ed25519",
    key_id: key.keyId,
    public_key_pem: key.publicKeyPem,
    manifest_sha256: createHash("sha256").update(bytes).digest("hex"),
    signature_base64: key.sign(bytes).toString("base64"),
  };
}
