import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { receiptContent, signedReceipt } from "@firebreak/protocol";
import type { ReceiptContent } from "@firebreak/protocol";
import { canonicalJson, keyIdOf } from "../../kernel/index.ts";

export interface ReceiptVerdict {
  readonly genuine: boolean;
  /** what is wrong, a sentence each */
  readonly findings: readonly string[];
  /** the key that signed; compare it with the one you know. Null when the signature does not hold */
  readonly signedBy: string | null;
  readonly content: ReceiptContent | null;
}

/**
 * Checks the text of a receipt with nothing else. A signature proves that the holder of the key wrote it; `expectedKeyId`
 * says which key it must be. The text is hostile.
 */
export function verifyReceipt(text: string, expectedKeyId?: string): ReceiptVerdict {
  const envelope = signedReceipt.safeParse(parseJson(text));
  if (!envelope.success) return verdict(null, null, ["it is no receipt of Firebreak (firebreak.receipt.v1)"]);
  const { payload, keyId, publicKey, signature } = envelope.data;
  const key = readKey(publicKey);
  if (key === null) return verdict(null, null, ["the public key in it is no Ed25519 key"]);
  const findings: string[] = [];
  const fingerprint = keyIdOf(key);
  if (fingerprint !== keyId) findings.push("the key id is not that of the public key in it");
  const holds = verify(null, Buffer.from(payload), key, Buffer.from(signature, "base64"));
  if (!holds) findings.push("the signature does not fit the payload: one of them was changed");
  if (expectedKeyId !== undefined && fingerprint !== expectedKeyId) {
    findings.push(`it is signed by another key than the expected ${expectedKeyId}`);
  }
  const content = receiptContent.safeParse(parseJson(payload));
  if (content.success) findings.push(...contradictionsOf(content.data, payload));
  else findings.push("the payload is not the content of a receipt");
  return verdict(holds ? fingerprint : null, content.data ?? null, findings);
}

function verdict(signedBy: string | null, content: ReceiptContent | null, findings: string[]): ReceiptVerdict {
  return { genuine: findings.length === 0, findings, signedBy, content };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readKey(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

/** What a sound receipt never says, whoever signed it. */
function contradictionsOf(content: ReceiptContent, payload: string): string[] {
  const findings = canonicalJson(JSON.parse(payload)) === payload ? [] : ["the payload is not canonical JSON"];
  if (content.kind === "resume") return findings;
  if (content.kind === "contradiction") {
    const since = Date.parse(content.completedAt);
    const isAfter = content.acts.every(({ at }) => Date.parse(at) > since);
    return isAfter ? findings : [...findings, "it names an act that was before the proof which it contradicts"];
  }
  const { verified, results, requestedAt, completedAt } = content.receipt;
  const all = results.every((result) => result.state === "verified_stopped" && result.remaining.length === 0);
  if (verified !== all) findings.push("it says that everything was verified, and its results do not, or the other way");
  if (Date.parse(completedAt) < Date.parse(requestedAt)) findings.push("it was completed before it was requested");
  return findings;
}
