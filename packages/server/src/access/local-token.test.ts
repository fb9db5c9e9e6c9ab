import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OperatorError } from "../kernel/index.ts";
import { ensureLocalToken, localTokenFile, readLocalToken } from "./local-token.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "firebreak-local-token-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("the token is made once, for its owner's eyes only, and kept", () => {
  expect(readLocalToken(home)).toBeNull();
  const token = ensureLocalToken(home);
  expect(token).toMatch(/^fbk_local_[A-Za-z0-9_-]{43}$/);
  expect(statSync(localTokenFile(home)).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, "secrets")).mode & 0o777).toBe(0o700);
  expect(ensureLocalToken(home)).toBe(token);
  expect(readLocalToken(home)).toBe(token);
});

test("a file that others may read loses those rights; one that is damaged is replaced", () => {
  const token = ensureLocalToken(home);
  chmodSync(localTokenFile(home), 0o644);
  ensureLocalToken(home);
  expect(statSync(localTokenFile(home)).mode & 0o777).toBe(0o600);
  writeFileSync(localTokenFile(home), "");
  expect(readLocalToken(home)).toBeNull();
  expect(ensureLocalToken(home)).not.toBe(token);
});

test("a home that cannot hold it is named, with the way out", () => {
  const file = join(home, "file");
  writeFileSync(file, "");
  expect(() => ensureLocalToken(file)).toThrow(OperatorError);
});
