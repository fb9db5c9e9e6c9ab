import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDirectorySource, parseVerifierKey, verifyLog } from "@firebreak/verifier";
import type { VerifierKey } from "@firebreak/verifier";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ADA, createTestLog } from "../testing.ts";
import type { TestLog } from "../testing.ts";
import { checkLog } from "./check-log.ts";
import { createDatabaseSource } from "./database-source.ts";
import { exportLog } from "./export-log.ts";
import { openLogKey, openNextKey, verifierKeyOf } from "./log-key.ts";
import { endOverlap, rotateKey, settleRotation } from "./rotate-key.ts";

let log: TestLog;
let first: VerifierKey;
let parent: string;

beforeEach(async () => {
  log = await createTestLog();
  await log.act(3);
  const { origin } = await log.database.kysely.selectFrom("log_state").select("origin").executeTakeFirstOrThrow();
  first = keyOf(verifierKeyOf(log.logKey, origin));
  parent = mkdtempSync(path.join(tmpdir(), "firebreak-keys-"));
});
afterEach(async () => {
  await log.close();
  rmSync(parent, { recursive: true });
});

function keyOf(text: string): VerifierKey {
  const key = parseVerifierKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  return key;
}

const context = () => ({ ...log, actor: ADA });

async function rotate(days: number) {
  const rotated = await rotateKey(context(), days);
  log.logKey = rotated.logKey;
  return rotated;
}

/** What somebody says of an export who knows these keys. */
async function verdictFor(keys: readonly VerifierKey[], spoil: (directory: string) => void = () => {}) {
  const directory = mkdtempSync(path.join(parent, "export-"));
  rmSync(directory, { recursive: true });
  const rows = await log.database.kysely.selectFrom("log_keys").select("verifier_key").execute();
  await exportLog({
    source: createDatabaseSource(log.database.kysely, log.home),
    keys: rows.map((row) => row.verifier_key),
    directory,
  });
  spoil(directory);
  return verifyLog({ source: createDirectorySource(directory), keys });
}

it("E-4: who knows the first key goes on to the one of today, by way of those between", async () => {
  const second = await rotate(0);
  log.logKey = await endOverlap(context());
  await log.act(2);
  const third = await rotate(0);
  log.logKey = await endOverlap(context());
  await log.act(2);
  expect(await verdictFor([first])).toMatchObject({ intact: true, findings: [] });
  expect(await verdictFor([keyOf(second.to)])).toMatchObject({ findings: [{ code: "key_replaced" }] });
  expect((await log.note()).split("\n").filter((line) => line.startsWith("\u2014"))).toHaveLength(1);
  expect(
    await verdictFor([keyOf(third.to)], (to) => rmSync(path.join(to, "heads"), { recursive: true })),
  ).toMatchObject({
    intact: true,
  });
  expect(await checkLog(log)).toMatchObject({ intact: true });
});

it("E-4: during a change both keys sign, afterwards the old one is gone", async () => {
  const rotated = await rotate(7);
  await log.act(1);
  const withoutChanges = (directory: string) => rmSync(path.join(directory, "key-changes"), { recursive: true });
  expect(await verdictFor([first], withoutChanges)).toMatchObject({ intact: true });
  await expect(rotateKey(context(), 7)).rejects.toMatchObject({ code: "conflict" });
  log.clock.advance(6 * 24 * 60 * 60_000);
  log.logKey = await endOverlap(context());
  expect(log.logKey.before).toBeDefined();
  log.clock.advance(2 * 24 * 60 * 60_000);
  log.logKey = await endOverlap(context());
  expect(log.logKey.before).toBeUndefined();
  expect(existsSync(path.join(log.home, "secrets", "log-key-before.pem"))).toBe(false);
  await log.act(1);
  const { findings } = await verdictFor([first], withoutChanges);
  expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["key_replaced"]));
  expect(await verdictFor([first])).toMatchObject({ intact: true });
  expect(verifierKeyOf(openLogKey(log.home), first.name)).toBe(rotated.to);
  const { rows } = await log.database.pool.query(
    "select action from audit_log where action like 'audit.%' order by seq",
  );
  expect(rows).toEqual([{ action: "audit.rotate_key" }, { action: "audit.retire_key" }]);
});

it("E-4: a stranger's key that the log never handed over to is named, also with a note that the stranger wrote", async () => {
  const other = await createTestLog();
  const stranger = { ...openNextKey(other.home), before: undefined };
  await other.close();
  log.logKey = stranger;
  await log.act(1);
  const change = verifierKeyOf(stranger, first.name);
  await log.database.kysely
    .updateTable("log_keys")
    .set({
      change: `firebreak-log-key-change/v1\n${first.name}\n${change}\n${change}\n\n\u2014 ${first.name} AAAAAAAA\n`,
    })
    .execute();
  const verdict = await verdictFor([first]);
  expect(verdict.findings).toMatchObject([{ code: "key_replaced" }]);
});

it("E-4: a change that a crash cut off is completed when it was committed, and forgotten when it was not", async () => {
  openNextKey(log.home);
  log.logKey = await settleRotation(log);
  expect(verifierKeyOf(log.logKey, first.name)).toBe(verifierKeyOf(openLogKey(log.home), first.name));
  expect(existsSync(path.join(log.home, "secrets", "log-key-next.pem"))).toBe(false);
  const rotated = await rotate(7);
  // as if the process had died between the commit and the exchange of the files
  const secrets = path.join(log.home, "secrets");
  copyFileSync(path.join(secrets, "log-key.pem"), path.join(secrets, "log-key-next.pem"));
  copyFileSync(path.join(secrets, "log-key-before.pem"), path.join(secrets, "log-key.pem"));
  for (const name of ["log-key.pub.pem", "log-key-before.pem", "log-key-before.pub.pem"]) {
    rmSync(path.join(secrets, name), { force: true });
  }
  expect(verifierKeyOf(openLogKey(log.home), first.name)).toBe(rotated.from);
  log.logKey = await settleRotation({ ...log, logKey: openLogKey(log.home) });
  expect(verifierKeyOf(log.logKey, first.name)).toBe(rotated.to);
  await log.act(1);
  expect(await verdictFor([first])).toMatchObject({ intact: true });
});
