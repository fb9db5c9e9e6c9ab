import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;

/** The shape of {@link newSecret}, for patterns. */
export const SECRET_PATTERN = "[A-Za-z0-9_-]{43}";

/** @returns 256 random bits as base64url, 43 characters */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** @returns SHA-256 in hexadecimal; enough for secrets of full entropy, never for passwords */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("hex");
}

/** Compares in a time that does not depend on where the texts differ; that their lengths differ may be seen. */
export function equalsInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a, "utf8");
  const right = Buffer.from(b, "utf8");
  return left.length === right.length && timingSafeEqual(left, right);
}
