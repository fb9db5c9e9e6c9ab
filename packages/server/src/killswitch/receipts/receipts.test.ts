import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ReceiptContent, SignedReceipt } from "@firebreak/protocol";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openSigningKey } from "../../kernel/index.ts";
import { RECEIPT_KEY, signReceipt } from "./sign-receipt.ts";
import { verifyReceipt } from "./verify-receipt.ts";

const home = mkdtempSync(path.join(tmpdir(), "firebreak-receipts-"));
const elsewhere = mkdtempSync(path.join(tmpdir(), "firebreak-receipts-"));
afterAll(() => [home, elsewhere].forEach((directory) => rmSync(directory, { recursive: true })));
const key = openSigningKey(home, RECEIPT_KEY);

const hold = {
  id: "hld_1",
  epoch: 7,
  scope: "agent" as const,
  target: "scout",
  level: "freeze" as const,
  reason: "it leaks “keys”",
  actor: { kind: "person" as const, id: "usr_ada", name: "ada" },
  incidentId: null,
  at: "2026-11-20T12:00:00.000Z",
  expiresAt: null,
};
const result = {
  sessionId: "ses_1",
  agentId: "scout",
  pack: null,
  level: "freeze" as const,
  state: "verified_stopped" as const,
  elapsedMs: 12.5,
  proof: "cgroup frozen",
  processes: 3,
  remaining: [],
};
const stop = {
  kind: "stop",
  version: 1,
  drill: false,
  receipt: {
    stopId: "stp_1",
    hold,
    requestedAt: "2026-11-20T12:00:00.000Z",
    completedAt: "2026-11-20T12:00:00.020Z",
    verified: true,
    serverReachable: true,
    results: [result],
  },
} as const satisfies ReceiptContent;
const signed = signReceipt(key, stop);
const verify = (receipt: Partial<SignedReceipt>, expected?: string) =>
  verifyReceipt(JSON.stringify({ ...signed, ...receipt }), expected);

test("C-2: a receipt verifies with nothing but its text, and names the key that signed it", () => {
  expect(verify({})).toEqual({ genuine: true, findings: [], signedBy: key.keyId, content: stop });
  expect(verify({}, key.keyId).genuine).toBe(true);
});

test("C-2: stock openssl verifies it as the documents say", () => {
  const file = (name: string, content: string | Buffer) => {
    const full = path.join(home, name);
    writeFileSync(full, content);
    return full;
  };
  const payload = file("payload", signed.payload);
  const signature = file("signature", Buffer.from(signed.signature, "base64"));
  const publicKey = file("key.pem", signed.publicKey);
  const words = ["pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-rawin", "-in", payload, "-sigfile", signature];
  expect(execFileSync("openssl", words, { encoding: "utf8" })).toContain("Verified Successfully");
});

test("C-2: a changed, contradicting or foreign receipt is not genuine, and says why", () => {
  const changed = verify({ payload: signed.payload.replace("scout", "other") });
  expect(changed).toMatchObject({ genuine: false, signedBy: null, findings: [expect.stringContaining("signature")] });
  const other = signReceipt(openSigningKey(elsewhere, RECEIPT_KEY), stop);
  expect(verifyReceipt(JSON.stringify(other)).genuine).toBe(true);
  expect(verifyReceipt(JSON.stringify(other), key.keyId).findings).toEqual([expect.stringContaining("another key")]);
  expect(verify({ keyId: other.keyId }).findings).toEqual([expect.stringContaining("key id")]);
  const lie = signReceipt(key, { ...stop, receipt: { ...stop.receipt, results: [{ ...result, state: "failed" }] } });
  expect(verifyReceipt(JSON.stringify(lie)).findings).toEqual([expect.stringContaining("everything was verified")]);
});

test("C-2: an addendum verifies as a receipt does, and contradicts nothing with acts from before the proof", () => {
  const { stopId, completedAt } = stop.receipt;
  const act = { eventId: "evt_1", kind: "tool_call", sessionId: "ses_1" };
  const addendumOf = (at: string) =>
    signReceipt(key, {
      kind: "contradiction",
      version: 1,
      stopId,
      receiptSha256: "0".repeat(64),
      completedAt,
      foundAt: "2026-11-20T12:00:30.000Z",
      acts: [{ ...act, at }],
    });
  const later = JSON.stringify(addendumOf("2026-11-20T12:00:10.000Z"));
  expect(verifyReceipt(later, key.keyId)).toMatchObject({ genuine: true, content: { kind: "contradiction", stopId } });
  const earlier = verifyReceipt(JSON.stringify(addendumOf("2026-11-20T11:59:59.000Z")));
  expect(earlier).toMatchObject({ genuine: false, findings: [expect.stringContaining("before the proof")] });
});

test("nothing a file holds makes the verifier throw, and one changed byte of what is signed is found", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(verifyReceipt(text).genuine).toBe(false);
    }),
  );
  fc.assert(
    fc.property(fc.nat(signed.payload.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, letter) => {
      const payload = signed.payload.slice(0, at) + letter + signed.payload.slice(at + 1);
      expect(verify({ payload }).genuine).toBe(payload === signed.payload);
    }),
  );
});
