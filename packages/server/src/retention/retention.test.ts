import { createDirectorySource, parseVerifierKey, verifyLog } from "@firebreak/verifier";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkLog, exportLog } from "../audit/index.ts";
import { createDatabaseSource } from "../audit/tree/database-source.ts";
import { cancelNotice, listNotices, previewRetention, runRetention } from "./index.ts";
import { DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
});
afterEach(() => room.close());

const countOf = async (table: string) =>
  Number(
    (await sql<{ n: string }>`select count(*) as n from ${sql.table(table)}`.execute(room.database.kysely)).rows[0]?.n,
  );
const pass = async () => {
  const outcome = await runRetention(room);
  await room.grow();
  return outcome;
};
const days = (count: number) => room.clock.advance(count * DAY_MS);

/** Exports the log and lets the standalone verifier look at it. */
async function verifyExport() {
  const parent = mkdtempSync(path.join(tmpdir(), "firebreak-export-"));
  const directory = path.join(parent, "log");
  const { rows } = await sql<{ key: string }>`select verifier_key as key from log_keys`.execute(room.database.kysely);
  const keys = rows.map(({ key }) => key);
  await exportLog({ source: createDatabaseSource(room.database.kysely, room.home), keys, directory });
  const verdict = await verifyLog({
    source: createDirectorySource(directory),
    keys: keys.map(parseVerifierKey).filter((key) => key !== undefined),
  });
  rmSync(parent, { recursive: true });
  return verdict;
}

describe("O-6: retention by policy", () => {
  it("archives what is past its time in the database, verifiably, and deletes nothing", async () => {
    await room.sendEvents(50, 100);
    await room.sendEvents(30, 1);
    const { report } = await pass();
    expect(report).toMatchObject({ archived: 50, segments: 1, deleted: 0, problems: [] });
    expect(await countOf("events")).toBe(30);
    expect(readdirSync(path.join(room.home, "archive/warm/events/2026-03"))).toHaveLength(2);
    const verdict = await checkLog(room);
    expect(verdict).toMatchObject({ intact: true, deletedTotal: 0, findings: [], tableFindings: [] });
    expect(await verifyExport()).toMatchObject({ intact: true, deletedTotal: 0 });
    expect((await pass()).report).toMatchObject({ archived: 0, segments: 0 });
  });

  it("announces a deletion, waits for the notice, deletes, and both verifiers say so", async () => {
    await room.sendEvents(40, 1, { kind: "log" });
    await room.sendEvents(5, 1);
    days(60); // archived, and announced 30 days before it is 90 days old
    expect((await pass()).report).toMatchObject({ archived: 40, announced: 0 });
    days(8);
    expect((await pass()).report).toMatchObject({ announced: 1, deleted: 0 });
    const [notice] = await listNotices(room, { state: "announced" });
    expect(notice).toMatchObject({ class: "debug", rows: 40, state: "announced" });
    days(29);
    expect((await pass()).report).toMatchObject({ deleted: 0 });
    days(2);
    expect((await pass()).report).toMatchObject({ deleted: 40, problems: [] });
    expect(await listNotices(room, {})).toMatchObject([{ state: "done", deleted: 40, held: 0 }]);
    const verdict = await checkLog(room);
    expect(verdict).toMatchObject({ intact: true, deletedTotal: 40, findings: [] });
    expect(verdict.deletions).toMatchObject([{ entries: 40, policy: "debug: deleted after 90 days" }]);
    expect(await verifyExport()).toMatchObject({ intact: true, deletedTotal: 40 });
  });

  it("previews without changing anything", async () => {
    await room.sendEvents(10, 100);
    await room.sendEvents(3, 600);
    const { plans } = await previewRetention(room, {});
    expect(plans).toMatchObject([
      { class: "events", act: "archive", place: "events", rows: 10, held: 0, dueAt: null },
      { class: "events", act: "delete", place: "events", rows: 3, held: 0 },
    ]);
    expect(await countOf("events")).toBe(13);
  });

  it("puts a deletion off when a person cancels its notice", async () => {
    await room.sendEvents(3, 600);
    expect((await pass()).report).toMatchObject({ announced: 1, archived: 0 });
    const [notice] = await listNotices(room, {});
    await cancelNotice(room, { id: notice?.id ?? "", reason: "not yet" });
    days(25);
    expect((await pass()).report).toMatchObject({ announced: 0, deleted: 0 });
    days(10);
    expect((await pass()).report).toMatchObject({ announced: 1, deleted: 0 });
    days(31);
    expect((await pass()).report).toMatchObject({ deleted: 3 });
  });
});
