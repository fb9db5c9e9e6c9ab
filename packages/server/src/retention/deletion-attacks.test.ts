import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createDirectorySource,
  formatDeletion,
  formatVerifierKey,
  parseVerifierKey,
  signNote,
  verifyLog,
} from "@firebreak/verifier";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkLog, exportLog, getLog, recordAudit } from "../audit/index.ts";
import { createDatabaseSource } from "../audit/tree/database-source.ts";
import { listSegments, readArchive, runRetention } from "./index.ts";
import { ADA, DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

const DELETED = 40;
let room: RetentionRoom;
/** of the log as it was before anybody attacked it */
let key = "";
let origin = "";

beforeAll(async () => {
  room = await openRetentionRoom();
  await room.sendEvents(DELETED, 600);
  await room.sendEvents(20, 100);
  await room.sendEvents(20, 1);
  for (const days of [0, 31]) {
    room.clock.advance(days * DAY_MS);
    await runRetention(room);
    await room.grow();
  }
  const log = await getLog(room);
  key = log.keys[0] ?? "";
  origin = log.origin;
});
afterAll(() => room.close());

async function verifyStandalone(spoil: (directory: string) => void = () => {}) {
  const parent = mkdtempSync(path.join(tmpdir(), "firebreak-export-"));
  const directory = path.join(parent, "log");
  await exportLog({ source: createDatabaseSource(room.database.kysely, room.home), keys: [key], directory });
  spoil(directory);
  const keys = [parseVerifierKey(key)].filter((one) => one !== undefined);
  const verdict = await verifyLog({ source: createDirectorySource(directory), keys });
  rmSync(parent, { recursive: true });
  return verdict;
}

const act = async (detail: Readonly<Record<string, unknown>>) => {
  await room.database.kysely
    .transaction()
    .execute((trx) =>
      recordAudit(trx, { at: room.clock.now(), actor: ADA, action: "retention.delete", target: null, detail }),
    );
  await room.grow();
};
/** Removes one event that is still in the database. @returns its place in the log */
async function removeEvent(place: number): Promise<number> {
  const index = DELETED + 20 + place;
  await sql`delete from events where seq = ${index + 1}`.execute(room.database.kysely);
  return index;
}

describe("E-4, O-6: what a policy deleted is told from what somebody removed", () => {
  it("verifies, and says what is gone by which policy", async () => {
    const verdict = await verifyStandalone();
    expect(verdict).toMatchObject({ intact: true, deletedTotal: DELETED, findings: [] });
    expect(verdict.deletions).toMatchObject([{ entries: DELETED, policy: "events: deleted after 540 days" }]);
    expect(await checkLog(room)).toMatchObject({ intact: true, deletedTotal: DELETED });
  });

  it("finds and locates a row that was removed by hand", async () => {
    const index = await removeEvent(1);
    for (const verdict of [await verifyStandalone(), await checkLog(room)]) {
      expect(verdict).toMatchObject({ intact: false, deletedTotal: DELETED });
      expect(verdict.findings).toMatchObject([{ code: "entry_missing", from: index, to: index }]);
    }
  });

  it("finds a record that nobody signed, one that a stranger signed, and one that was changed", async () => {
    const index = await removeEvent(2);
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    const forged = { origin, at: "2026-01-01T00:00:00.000Z", policy: "forged", entries: [[index, index]] as const };
    const signer = { name: origin, publicKey: raw, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };
    const real = await room.database.kysely
      .selectFrom("audit_log")
      .select("leaf")
      .where("action", "=", "retention.delete")
      .executeTakeFirstOrThrow();
    const { note } = JSON.parse(real.leaf).detail;
    await act({ policy: "forged" });
    await act({ policy: "forged", note: signNote(formatDeletion(forged), signer) });
    await act({ policy: "forged", note: note.replace("[[0,39]]", `[[0,${index}]]`) });
    const { size } = await getLog(room);
    for (const verdict of [await verifyStandalone(), await checkLog(room)]) {
      const told = verdict.findings.map(({ code, from }) => [code, from]);
      expect(told).toContainEqual(["entry_missing", index]);
      for (const record of [size - 3, size - 2, size - 1]) expect(told).toContainEqual(["deletion_not_signed", record]);
    }
  });

  it("takes no stranger's word, also when his key was put among those of the log", async () => {
    const index = await removeEvent(3);
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    const forged = { origin, at: "2026-01-01T00:00:00.000Z", policy: "forged", entries: [[index, index]] as const };
    const signer = { name: origin, publicKey: raw, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };
    await act({ policy: "forged", note: signNote(formatDeletion(forged), signer) });
    const stranger = { verifier_key: formatVerifierKey(origin, raw), at: new Date(room.clock.now()) };
    await room.database.kysely.insertInto("log_keys").values(stranger).execute();
    const { findings } = await verifyStandalone();
    expect(findings.map(({ code, from }) => [code, from])).toContainEqual(["entry_missing", index]);
    expect((await getLog(room)).keys).toHaveLength(2);
    await room.database.kysely.deleteFrom("log_keys").where("verifier_key", "=", stranger.verifier_key).execute();
  });

  it("takes a real record for what it names and nothing else, and none for what comes after it", async () => {
    const index = await removeEvent(4);
    const { size } = await getLog(room);
    const { publicKey, sign: signs } = room.logKey;
    const early = { origin, at: "2026-01-01T00:00:00.000Z", policy: "early", entries: [[index, size + 1]] as const };
    await act({ policy: "early", note: signNote(formatDeletion(early), { name: origin, publicKey, sign: signs }) });
    const told = (await verifyStandalone()).findings.map(({ code, from }) => [code, from]);
    expect(told).toContainEqual(["entry_missing", index]);
    expect(told).toContainEqual(["deletion_not_signed", size]);
  });

  it("finds that a hash of a deleted entry was changed", async () => {
    const { findings } = await verifyStandalone((directory) => {
      const tile = path.join(directory, "tile/0/000.p");
      for (const name of [`${tile}/${readWidth(directory)}`]) {
        const bytes = readFileSync(name);
        bytes[5] = (bytes[5] ?? 0) ^ 1;
        writeFileSync(name, bytes);
      }
    });
    expect(findings.map(({ code }) => code)).toContain("history_differs");
  });

  it("gives nothing of a segment that was changed", async () => {
    const [segment] = await listSegments(room);
    const id = segment?.id ?? "";
    expect((await readArchive(room, { id, after: 0, limit: 100 })).lines).toHaveLength(20);
    const file = path.join(room.home, segment?.file ?? "");
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes, Buffer.from("x")]));
    await expect(readArchive(room, { id, after: 0, limit: 1 })).rejects.toMatchObject({ code: "conflict" });
    writeFileSync(file, bytes);
  });
});

/** The only tile is not full: its file is named by its width. */
function readWidth(directory: string): number {
  return Number(readFileSync(path.join(directory, "checkpoint"), "utf8").split("\n")[1]);
}
