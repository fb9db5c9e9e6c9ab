import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyLegalHold, findHoldsOnOriginals, listNotices, previewRetention, runRetention } from "./index.ts";
import { ADA, DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
});
afterEach(() => room.close());

async function keepOriginals(agent: string, ageDays: number): Promise<void> {
  const at = new Date(room.clock.now() - ageDays * DAY_MS);
  const id = `${agent} ${ageDays}`;
  const { kysely } = room.database;
  await sql`insert into original_keys (id, agent_id, category, day, kek_id, wrapped, created_at)
    values (${id}, ${agent}, 'EMAIL', ${at.toISOString().slice(0, 10)}, 'kek', '\\x00', ${at})`.execute(kysely);
  await sql`insert into originals (event_id, event_time, category, key_id, sealed)
    values (${id}, ${at}, 'EMAIL', ${id}, '\\x00')`.execute(kysely);
}

const living = async () => {
  const { rows } = await sql<{
    id: string;
  }>`select id from original_keys where wrapped is not null order by id`.execute(room.database.kysely);
  return rows.map(({ id }) => id);
};
const hold = (scope: "agent" | "session", target: string) =>
  applyLegalHold(
    { ...room, actor: ADA },
    { caseId: "2026-17", scope, target, from: null, to: null, reason: "a claim" },
  );

describe("O-6, E-8: what redaction took out", () => {
  it("is erased by its keys when it is 30 days old, by a record of each agent", async () => {
    await keepOriginals("scout", 31);
    await keepOriginals("scout", 3);
    await keepOriginals("other", 40);
    expect((await previewRetention(room, { class: "pii" })).plans).toMatchObject([
      { place: "originals", rows: 2, held: 0 },
    ]);
    expect((await runRetention(room)).report).toMatchObject({ deleted: 2, problems: [] });
    expect(await living()).toEqual(["scout 3"]);
    const acts = await room.database.kysely
      .selectFrom("audit_log")
      .select("leaf")
      .where("action", "=", "original.erase")
      .execute();
    expect(acts.map(({ leaf }) => JSON.parse(leaf).detail)).toMatchObject([
      { scope: { agent: "other" }, reason: "pii: deleted after 30 days" },
      { scope: { agent: "scout" } },
    ]);
    expect((await runRetention(room)).report).toMatchObject({ deleted: 0, announced: 0 });
  });

  it("stays as long as a legal hold is on its agent, and a person cannot erase it either", async () => {
    await keepOriginals("scout", 31);
    await keepOriginals("other", 31);
    await hold("agent", "scout");
    expect((await runRetention(room)).report).toMatchObject({ deleted: 1 });
    expect(await living()).toEqual(["scout 31"]);
    expect(await findHoldsOnOriginals(room, { agent: "scout" })).toEqual([expect.stringContaining("case 2026-17")]);
    expect(await findHoldsOnOriginals(room, { agent: "other" })).toEqual([]);
    expect(await findHoldsOnOriginals(room, { before: "2026-06-01" })).toHaveLength(1);
    await hold("session", "ses_1");
    expect(await findHoldsOnOriginals(room, { agent: "other" })).toHaveLength(1);
  });
});

describe("O-6: a notice that nobody gave", () => {
  it("deletes nothing, and is told", async () => {
    await room.sendEvents(4, 600);
    await sql`insert into retention_notices (id, class, covers_before, row_count, announced_at, due_at, state)
      values ('ntc_1', 'events', now(), 4, now(), to_timestamp(0), 'announced')`.execute(room.database.kysely);
    const { report, failures } = await runRetention(room);
    expect(report).toMatchObject({ deleted: 0 });
    expect(failures).toEqual([expect.stringContaining("the notice ntc_1 was never given")]);
    const [notice] = await listNotices(room, { state: "announced" });
    expect(notice?.id).toBe("ntc_1");
  });
});
