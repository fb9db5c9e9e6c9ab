import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerApproval } from "../approvals/index.ts";
import { inTransaction } from "../storage/index.ts";
import { dropBatch, takeBatch } from "./batch.ts";
import {
  applyLegalHold,
  carryOutRelease,
  listLegalHolds,
  listNotices,
  previewRetention,
  releaseLegalHold,
  runRetention,
} from "./index.ts";
import { schedulesOf, toArchive } from "./schedules.ts";
import { storesOf } from "./stores.ts";
import { ADA, DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
});
afterEach(() => room.close());

const hold = (
  scope: "all" | "agent" | "pack" | "session" | "incident" | "evidence",
  target: string | null,
  range = {},
) =>
  applyLegalHold(
    { ...room, actor: ADA },
    {
      caseId: "2026-17",
      scope,
      target,
      from: null,
      to: null,
      reason: "claim of Example Ltd",
      ...range,
    },
  );
const pass = async () => {
  const outcome = await runRetention(room);
  await room.grow();
  return outcome;
};
const caller = (name: string) => ({ actor: { ...ADA, id: `usr_${name}`, name }, access: "admin" as const });

async function addUser(name: string): Promise<void> {
  await room.database.kysely
    .insertInto("users")
    .values({ id: `usr_${name}`, name, password_hash: null, role: "admin", created_at: new Date(), disabled_at: null })
    .execute();
}

describe("O-6: a legal hold", () => {
  it("keeps its agent's events in the database, and no others", async () => {
    await room.sendEvents(10, 100);
    await room.sendEvents(7, 100, { agent: { id: "other" } });
    await hold("agent", "scout");
    expect((await previewRetention(room, {})).plans).toMatchObject([{ rows: 17, held: 10, cases: ["2026-17"] }]);
    expect((await pass()).report).toMatchObject({ archived: 7, held: 10 });
    const left = await room.database.kysely.selectFrom("events").select("agent_id").distinct().execute();
    expect(left).toEqual([{ agent_id: "scout" }]);
  });

  it("keeps everything of its time, and nothing of another", async () => {
    await room.sendEvents(4, 100);
    await room.sendEvents(5, 200);
    const at = (days: number) => new Date(room.clock.now() - days * DAY_MS).toISOString();
    await hold("all", null, { from: at(201), to: at(150) });
    expect((await pass()).report).toMatchObject({ archived: 4, held: 5 });
  });

  it("keeps the acts that speak of what it holds", async () => {
    await room.act(3, 800, { agent: "scout" });
    await room.act(2, 800, { agent: "other" });
    await hold("agent", "scout");
    expect((await pass()).report).toMatchObject({ archived: 2, held: 3 });
  });

  it("keeps a segment of the archive when one of its rows is held, says so once, and lets it go after the release", async () => {
    await room.sendEvents(3, 100);
    await room.sendEvents(1, 100, { agent: { id: "other" } });
    await pass();
    await hold("agent", "other");
    room.clock.advance(430 * DAY_MS);
    expect((await pass()).report).toMatchObject({ announced: 1 });
    room.clock.advance(40 * DAY_MS);
    const { report, blocked } = await pass();
    expect(report).toMatchObject({ deleted: 0, held: 4 });
    expect(blocked).toMatchObject([{ class: "events", rows: 4, cases: ["2026-17"] }]);
    expect(await pass()).toMatchObject({ blocked: [], report: { announced: 0 } });
    expect((await previewRetention(room, {})).plans).toMatchObject([{ place: "archive", rows: 4, held: 4 }]);
    const [one] = await listLegalHolds(room, { released: false });
    await releaseLegalHold(room, caller("ada"), { id: one?.id ?? "", reason: "settled", alone: true });
    expect((await pass()).report).toMatchObject({ announced: 1, deleted: 0 });
    room.clock.advance(31 * DAY_MS);
    expect((await pass()).report).toMatchObject({ deleted: 4 });
  });

  it("is applied in the middle of a pass, and the batch that was read before it is not dropped", async () => {
    await room.sendEvents(6, 100);
    const [schedule] = schedulesOf(room.profile.retention);
    const [store] = storesOf("events");
    const stretch = schedule === undefined ? undefined : toArchive(schedule, room.clock.now());
    if (schedule === undefined || store === undefined || stretch === undefined)
      throw new Error("no schedule of events");
    const selection = { store, schedule, stretch };
    const batch = await takeBatch(room.database.kysely, selection, [], { rows: 100, bytes: 1_000_000 });
    expect(batch.rows).toHaveLength(6);
    await hold("session", "ses_unknown");
    await hold("agent", "scout");
    await expect(inTransaction(room.database, (trx) => dropBatch(trx, selection, batch))).rejects.toThrow("legal hold");
  });

  it("ends when a second person approves, and not before", async () => {
    await addUser("ada");
    await addUser("ben");
    const { id } = await hold("all", null);
    await expect(releaseLegalHold(room, caller("ada"), { id, reason: "settled", alone: true })).rejects.toMatchObject({
      code: "conflict",
    });
    const asked = await releaseLegalHold(room, caller("ada"), { id, reason: "settled", alone: false });
    expect(asked).toMatchObject({ released: false, hold: { releasedAt: null } });
    const approvalId = asked.hold.approvalId ?? "";
    await carryOutRelease(room, approvalId);
    expect(await listLegalHolds(room, { released: false })).toMatchObject([{ id, approvalId }]);
    const approval = await room.database.kysely.selectFrom("approvals").selectAll().executeTakeFirstOrThrow();
    const answer = {
      id: approvalId,
      answer: "approved" as const,
      reason: "agreed",
      digest: approval.digest,
      checked: [],
    };
    await expect(answerApproval(room, caller("ada"), answer)).rejects.toMatchObject({ code: "forbidden" });
    await answerApproval(room, caller("ben"), answer);
    await carryOutRelease(room, approvalId);
    await carryOutRelease(room, approvalId);
    expect(await listLegalHolds(room, { released: false })).toEqual([]);
    const acts = await room.database.kysely
      .selectFrom("audit_log")
      .select("leaf")
      .where("action", "=", "legal_hold.release")
      .execute();
    expect(acts.map(({ leaf }) => JSON.parse(leaf))).toMatchObject([
      { actor: { name: "ada" }, target: id, detail: { approvedBy: ["ben"], reason: "settled" } },
    ]);
  });

  it("is never released by a token or a rule, and not without saying so when one is alone", async () => {
    const { id } = await hold("all", null);
    const token = { actor: { kind: "token", id: "tok_1", name: "ci" } as const, access: "admin" as const };
    const request = { id, reason: "settled", alone: true };
    await expect(releaseLegalHold(room, token, request)).rejects.toMatchObject({ code: "forbidden" });
    await expect(releaseLegalHold(room, caller("ada"), { ...request, alone: false })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("--alone"),
    });
    expect(await releaseLegalHold(room, caller("ada"), request)).toMatchObject({ released: true });
  });

  it("comes back when somebody removes its row, or ends it there, by hand", async () => {
    await room.sendEvents(5, 100);
    const first = await hold("agent", "scout");
    await room.database.kysely.deleteFrom("legal_holds").execute();
    expect(await pass()).toMatchObject({
      report: { archived: 0, held: 5 },
      failures: [expect.stringContaining(`${first.id} was gone without a release`)],
    });
    await room.database.kysely.updateTable("legal_holds").set({ released_at: new Date() }).execute();
    expect((await pass()).report).toMatchObject({ archived: 0, held: 5 });
  });

  it("refuses an incident or evidence archive that is not there", async () => {
    await expect(hold("incident", "INC-2026-0001")).rejects.toMatchObject({ code: "not_found" });
    await expect(hold("evidence", "evd_1")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("O-6: what does not agree", () => {
  it("is told when a file of the archive is gone, and nothing is recorded as deleted", async () => {
    await room.sendEvents(3, 100);
    await pass();
    rmSync(`${room.home}/archive`, { recursive: true });
    const { orphans } = await pass();
    expect(orphans).toEqual([expect.stringContaining("is recorded and is not there")]);
    expect(await listNotices(room, {})).toEqual([]);
  });
});
