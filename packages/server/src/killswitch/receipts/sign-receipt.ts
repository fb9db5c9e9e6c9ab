import type { ReceiptContent, SignedReceipt } from "@firebreak/protocol";
import { canonicalJson } from "../../kernel/index.ts";
import type { SigningKey } from "../../kernel/index.ts";

/** What the key is called in the home's secrets. */
export const RECEIPT_KEY = "receipt-key";

export function signReceipt(key: SigningKey, content: ReceiptContent): SignedReceipt {
  const payload = canonicalJson(content);
  return {
    type: "firebreak.receipt.v1",
    payload,
    keyId: key.keyId,
    publicKey: key.publicKeyPem,
    signature: key.sign(Buffer.from(payload)).toString("base64"),
  };
}
