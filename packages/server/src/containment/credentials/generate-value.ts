import { randomInt } from "node:crypto";
import type { CredentialSettings } from "../../kernel/index.ts";

const ALPHABETS = {
  alphanumeric: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  hex: "0123456789abcdef",
  base64url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
} as const;

/** @returns a new value; every character is drawn alone and without bias */
export function generateValue({ length, alphabet }: NonNullable<CredentialSettings["generate"]>): string {
  const letters = ALPHABETS[alphabet];
  return Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join("");
}
